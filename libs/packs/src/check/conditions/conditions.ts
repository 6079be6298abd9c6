import { meant } from '../../disk/nearest.js';
import {
  DURATION,
  type ConditionTable,
  type FactType,
  type Operand,
  partsOf,
  type Scalar,
  type Test,
  typeOfFact,
} from '../../format2/index.js';
import { type Located } from '../../located.js';
import { type Context, type Path, propertiesOf } from '../context.js';

/** Which facts a place can ask for beyond those of the case. */
export interface Scope {
  /** The fields of the form that comes with the action; absent: nobody brings one here. */
  input?: ReadonlySet<string> | undefined;
  /** The form, for the message. */
  form?: string | undefined;
  /** The events that can trigger, whose data can be asked for; absent where none does. */
  event?: readonly string[];
}

const FAMILY_PART: Readonly<Record<string, string>> = {
  fields: 'forms',
  input: 'forms',
  tasks: 'process',
  groups: 'process',
  done: 'process',
  since: 'process',
  clock: 'sla',
  attributes: 'intake',
};

/** Facts that nobody knows, values that a fact cannot have, and comparisons that can never hold. */
export function conditionMistakes2(context: Context, when: ConditionTable | undefined, at: Path, scope: Scope): Located[] {
  if (when === undefined) return [];
  const { all, any } = partsOf(when);
  return [
    ...all.flatMap(([fact, test]) => testMistakes(context, fact, test, [...at, fact], scope)),
    ...(any ?? []).flatMap((row, i) =>
      Object.entries(row).flatMap(([fact, test]) => testMistakes(context, fact, test, [...at, 'any', i, fact], scope)),
    ),
  ];
}

/** The fact exists at this place. */
export function factMistakes(context: Context, fact: string, path: Path, scope: Scope, types?: readonly FactType[]): Located[] {
  const [family = '', ...rest] = fact.split('.');
  if (family === 'since' && rest[0] === 'input') {
    const mistakes = factMistakes(context, rest.join('.'), path, scope);
    if (mistakes.length > 0) return mistakes;
  }
  if (family === 'event') return eventMistakes(fact, rest[0] ?? '', path, scope.event);
  if (family === 'input' && !context.lost.has('forms')) {
    if (scope.input === undefined)
      return [
        {
          path,
          rule: `${fact} is what a form brings, and no form comes with this${scope.form === undefined ? '; use a fact of the case such as fields.…, or give the action a form' : ''}`,
        },
      ];
    const name = rest.join('.');
    if (!scope.input.has(name))
      return [
        {
          path,
          rule: `${name} is not a field of form ${scope.form ?? '?'}${meant(name, scope.input) || `; declare it in forms.yaml${scope.input.size > 0 && scope.input.size < 12 ? ` or use one of ${[...scope.input].join(', ')}` : ''}`}`,
        },
      ];
  }
  const part = FAMILY_PART[family];
  if (part !== undefined && context.lost.has(part)) return [];
  const [clock = ''] = rest;
  // The clock is written, and could not be read: what is wrong with it is told there.
  if (family === 'clock' && context.known.clock?.has(clock) && !context.pack.sla?.clocks.some((c) => c.key === clock)) return [];
  const type = typeOfFact(context.facts, fact);
  if (type === undefined && family === 'since' && typeOfFact(context.facts, rest.join('.')) !== undefined)
    return [{ path, rule: `since counts from a date or an instant, and ${rest.join('.')} is neither, or is sealed` }];
  if (type === undefined) {
    if (family === 'fields')
      return [{ path, rule: `${fact}: no form has this field and no effect sets it${meant(fact, context.facts.keys())}` }];
    return [
      {
        path,
        rule: `${fact} is not a fact${scope.event !== undefined && scope.event.some((e) => propertiesOf(e)?.includes(fact)) ? `; did you mean event.${fact}?` : meant(fact, context.facts.keys()) || `; facts of this kind are ${familyOf(context, family)}`}`,
      },
    ];
  }
  if (types && type !== 'any' && !types.includes(type)) return [{ path, rule: `${fact} is a ${type}; needed is ${types.join(' or ')}` }];
  return [];
}

/** The fact exists at this place and has a value that can be stored or told. */
export function valueFactMistakes(context: Context, fact: string, path: Path, scope: Scope): Located[] {
  const mistakes = factMistakes(context, fact, path, scope);
  if (mistakes.length > 0 || !fact.startsWith('since.')) return mistakes;
  return [{ path, rule: `${fact} is a length of time that grows; only a condition can compare it` }];
}

/** A word that is spelt like a fact would be stored or compared as that word: the author meant the value of the fact. */
export function wordMistakes(context: Context, word: unknown, path: Path): Located[] {
  if (typeof word !== 'string' || !/^[a-z]+\.[A-Za-z]/.test(word)) return [];
  if (!/^(input|fields|event)\.\S+$/.test(word) && typeOfFact(context.facts, word) === undefined) return [];
  return [{ path, rule: `${word} is a word here, not the value of that fact; write { fact: ${word} }` }];
}

export function eventMistakes(fact: string, property: string, path: Path, events: readonly string[] | undefined): Located[] {
  if (events === undefined) return [{ path, rule: `${fact} is known only where an event triggers: in reactions, clocks and notices` }];
  const known = new Set(events.flatMap((name) => [...(propertiesOf(name) ?? [property])]));
  if (known.size === 0 || known.has(property)) return [];
  const near = meant(property, known);
  return [{ path, rule: `${property} is not told by ${events.join(' or ')}${near || `; it tells ${[...known].sort().join(', ')}`}` }];
}

function familyOf(context: Context, family: string): string {
  if (family === 'links') return 'links.<kind>.open, .count and .unit, where kind is what the linked ticket is to this one';
  const same = [...context.facts.keys()].filter((f) => f.startsWith(`${family}.`)).slice(0, 12);
  return same.length > 0
    ? same.join(', ')
    : 'class.…, ticket.…, place.…, fields.…, input.…, case.…, task.…, done.…, tasks.…, groups.…, clock.…, since.…, links.…, actor.…, now';
}

function testMistakes(context: Context, fact: string, test: Test, path: Path, scope: Scope): Located[] {
  const unknown = factMistakes(context, fact, path, scope);
  if (unknown.length > 0) return unknown;
  const type = typeOfFact(context.facts, fact) ?? 'any';
  if (fact.startsWith('since.') && !isOrder(test))
    return [{ path, rule: `${fact} is a length of time that grows; compare it with gt, gte, lt, lte or between` }];
  const values = (list: readonly Scalar[]): Located[] => list.flatMap((v) => valueMistakes(context, fact, type, v, path));
  if (typeof test !== 'object') return values([test]);
  if (Array.isArray(test)) return values(test as readonly Scalar[]);
  const c = test as Exclude<Test, Scalar | Scalar[]>;
  const ordered = (['gt', 'gte', 'lt', 'lte'] as const)
    .flatMap((op) => (c[op] === undefined ? [] : [{ op, operand: c[op] }]))
    .concat((c.between ?? []).map((operand) => ({ op: 'between' as never, operand })));
  const operand = (o: Operand): Located[] => (typeof o === 'object' ? factMistakes(context, o.fact, path, scope) : values([o]));
  return [
    ...(c.in ? values(c.in) : []),
    ...(c.not === undefined ? [] : Array.isArray(c.not) ? values(c.not) : operand(c.not)),
    ...ordered.flatMap(({ op, operand: o }) => [
      ...(type === 'boolean' || type === 'list' || context.words.has(fact)
        ? [{ path, rule: `${fact} has no order; ${op} cannot compare it, use a value, a list of values or not` }]
        : operand(o)),
    ]),
    ...(c.fact === undefined ? [] : factMistakes(context, c.fact, path, scope)),
  ];
}

/** Comparisons by order, which are all that hold for a length of time since something. */
function isOrder(test: Test): boolean {
  if (typeof test !== 'object' || Array.isArray(test)) return false;
  const { in: any, not, prefix, fact } = test as Exclude<Test, Scalar | Scalar[]>;
  return any === undefined && not === undefined && prefix === undefined && fact === undefined;
}

function valueMistakes(context: Context, fact: string, type: FactType, value: Scalar, path: Path): Located[] {
  const { words } = context;
  const meantFact = wordMistakes(context, value, path);
  if (meantFact.length > 0) return meantFact;
  const set = words.get(fact);
  if (set && !set.has(String(value))) {
    const near = meant(String(value), set);
    return [{ path, rule: `${fact} is never ${String(value)}${near || (set.size > 12 ? '' : `; it can be ${[...set].join(', ')}`)}` }];
  }
  if (type === 'boolean' && typeof value !== 'boolean')
    return [
      {
        path,
        rule: `${fact} is true or false, never ${String(value)}${value === 'yes' ? '; write true' : value === 'no' ? '; write false' : ''}`,
      },
    ];
  if (type === 'number' && typeof value !== 'number')
    return [{ path, rule: `${fact} is a number, never ${String(value)}${/^\d/.test(String(value)) ? '; remove the quotes' : ''}` }];
  if (type === 'duration' && (typeof value !== 'string' || !DURATION.test(value)))
    return [{ path, rule: `${fact} is a length of time; write 30min, 4h, 3d, 2wd or 1mo instead of ${String(value)}` }];
  if (type === 'text' && typeof value !== 'string' && !/^(fields|input|attributes)\./.test(fact))
    return [{ path, rule: `${fact} is a text; put ${String(value)} in quotes` }];
  return [];
}
