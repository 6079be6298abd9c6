import { type ConditionTable, partsOf, type Scalar, type Test } from '../../format2/index.js';
import { type Located } from '../../located.js';
import { conditionMistakes2 } from './conditions.js';
import { type Context, type Path } from '../context.js';
import { holderMistakes } from '../process/holders.js';

interface Row {
  when: ConditionTable | undefined;
  path: Path;
}

const MOST_ROWS = 300;
const MOST_CASES = 20_000;

/** Facts that every ticket has; the others may be absent. */
const PRESENT = new Set([
  'class.type',
  'class.category',
  'class.priority',
  'ticket.channel',
  'ticket.imported',
  'customer.hasContact',
  'customer.hasEmail',
  'case.step',
  'case.state',
  'case.phase',
]);

/** The tables that holders name. */
function routesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { route } = value as { route?: unknown };
  return [...(typeof route === 'string' ? [route] : []), ...Object.values(value).flatMap(routesIn)];
}

/** Decision tables: names, rows that are never reached (an earlier one takes all they would take), tickets that no row takes. */
export function tableMistakes(context: Context): Located[] {
  const { pack } = context;
  const used = new Set(routesIn(pack.process));
  const start = pack.process.start.map((r, i): Row => ({ when: r.when, path: ['process', 'start', i] }));
  return [
    ...hidden(context, start),
    ...hole(context, start, ['process', 'start'], 'begins nowhere; end the list with a row without when', true),
    ...Object.entries(pack.routing?.tables ?? {}).flatMap(([key, table]) => {
      const at: Path = ['routing', 'tables', key];
      const rows = table.rules.map((r, i): Row => ({ when: r.when, path: [...at, 'rules', i] }));
      const scored = table.mode === 'score';
      const keys = new Set<string>();
      return [
        ...(used.has(key) || context.lost.has('process') || context.damaged.size > 0
          ? []
          : [{ path: at, rule: `nothing uses table ${key}; write holder: { route: ${key} }, or remove it`, key: true }]),
        ...table.rules.flatMap((r, i) => {
          const here = [...at, 'rules', i];
          const twice = keys.has(r.key);
          keys.add(r.key);
          return [
            ...(twice ? [{ path: [...here, 'key'], rule: `${r.key} stands here twice; decisions name the row by its key` }] : []),
            ...conditionMistakes2(context, r.when, [...here, 'when'], {}),
            ...holderMistakes(context, r.holder, [...here, 'holder'], {}),
            ...(scored && r.score === undefined ? [{ path: here, rule: 'a scored table needs a score in each row' }] : []),
            ...(!scored && r.score !== undefined ? [{ path: [...here, 'score'], rule: 'belongs to tables with mode: score' }] : []),
          ];
        }),
        ...holderMistakes(context, table.fallback, [...at, 'fallback'], {}),
        ...(scored ? [] : hidden(context, rows)),
        ...(table.fallback ? [] : hole(context, rows, at, 'is held by nobody; add a row or fallback:', false)),
      ];
    }),
    ...(pack.sla?.clocks ?? []).flatMap((c, i) => (Array.isArray(c.limit) ? hidden(context, c.limit.map((l, j): Row => ({ when: l.when, path: ['sla', 'clocks', i, 'limit', j] }))) : [])), // prettier-ignore
  ];
}

function hidden(context: Context, rows: readonly Row[]): Located[] {
  return rows.slice(0, MOST_ROWS).flatMap((row, j) => {
    const before = rows.slice(0, j);
    const first = before.findIndex((r) => takesAll(r.when, row.when));
    if (first >= 0)
      return [
        {
          path: row.path,
          rule: `row ${j + 1} is never reached: row ${first + 1} takes every ticket that it would take; put it above, or narrow row ${first + 1}`,
        },
      ];
    const cases = before.length > 1 ? domainOf(context, [...before.map((r) => r.when), row.when]) : undefined;
    const covered = cases?.every((c) => !holds(row.when, c) || before.some((r) => holds(r.when, c)));
    return covered
      ? [{ path: row.path, rule: `row ${j + 1} is never reached: the rows above it together take every ticket that it would take` }]
      : [];
  });
}

function hole(context: Context, rows: readonly Row[], at: Path, what: string, strict: boolean): Located[] {
  if (rows.some((r) => isEmpty(r.when))) return [];
  const cases = rows.length === 0 ? undefined : domainOf(context, rows.map((r) => r.when)); // prettier-ignore
  const gap = cases?.find((c) => !rows.some((r) => holds(r.when, c)));
  // Where a row asks for a fact with open values no list of rows is complete: what no row of a routing table takes then waits as unroutable.
  if (!gap && (cases !== undefined || !strict)) return [];
  const example = gap ? ` (for example ${Object.entries(gap).map(([f, v]) => `${f}: ${v === undefined ? 'absent' : String(v)}`).join(', ')})` : ''; // prettier-ignore
  return [{ path: at, rule: `the table has a hole: a ticket that no row takes${example} ${what}` }];
}

const isEmpty = (when: ConditionTable | undefined): boolean => when === undefined || Object.keys(when).length === 0;

type Case = Readonly<Record<string, Scalar | undefined>>;

/** Every combination of values of the facts that the rows ask for; undefined when one of them has no list of values, or there are too many. */
function domainOf(context: Context, conditions: readonly (ConditionTable | undefined)[]): Case[] | undefined {
  const facts = new Set<string>();
  for (const when of conditions) {
    const { all, any } = partsOf(when ?? {});
    for (const [fact, test] of [...all, ...(any ?? []).flatMap((r) => Object.entries(r))]) {
      if (!isListed(test)) return undefined;
      facts.add(fact);
    }
  }
  let cases: Case[] = [{}];
  for (const fact of facts) {
    // A list has many values at once.
    const listed: readonly Scalar[] | undefined =
      context.facts.get(fact) === 'boolean'
        ? [true, false]
        : context.facts.get(fact) === 'text'
          ? [...(context.words.get(fact) ?? [])]
          : undefined;
    if (!listed || listed.length === 0) return undefined;
    const values = PRESENT.has(fact) ? listed : [...listed, undefined];
    if (cases.length * values.length > MOST_CASES) return undefined;
    cases = cases.flatMap((c) => values.map((v) => ({ ...c, [fact]: v })));
  }
  return cases;
}

type Compared = Exclude<Test, Scalar | Scalar[]>;
const compared = (test: Test): Compared | undefined => (typeof test === 'object' && !Array.isArray(test) ? (test as Compared) : undefined);

/** The test compares with fixed values only, without an order. */
function isListed(test: Test): boolean {
  const c = compared(test);
  return (
    c === undefined ||
    Object.entries(c).every(([op, v]) => op === 'in' || op === 'exists' || (op === 'not' && (typeof v !== 'object' || Array.isArray(v))))
  );
}

function holds(when: ConditionTable | undefined, facts: Case): boolean {
  const { all, any } = partsOf(when ?? {});
  const row = (tests: readonly [string, Test][]): boolean => tests.every(([fact, test]) => passes(test, facts[fact]));
  return row(all) && (any === undefined || any.some((r) => row(Object.entries(r))));
}

function passes(test: Test, value: Scalar | undefined): boolean {
  const c = compared(test);
  if (!c) return value !== undefined && [test as Scalar | Scalar[]].flat().includes(value);
  if (c.exists !== undefined && c.exists !== (value !== undefined)) return false;
  if (c.in && (value === undefined || !c.in.includes(value))) return false;
  return c.not === undefined || value === undefined || ![c.not as Scalar | Scalar[]].flat().includes(value);
}

/** Every ticket that `narrow` takes is taken by `wide`, too; false when that cannot be told from the tables. */
function takesAll(wide: ConditionTable | undefined, narrow: ConditionTable | undefined): boolean {
  const [w, n] = [partsOf(wide ?? {}), partsOf(narrow ?? {})];
  if (w.any) return JSON.stringify(wide) === JSON.stringify(narrow);
  const tests = new Map(n.all);
  return w.all.every(([fact, test]) => tests.has(fact) && implies(tests.get(fact) as Test, test));
}

function implies(narrow: Test, wide: Test): boolean {
  if (JSON.stringify(narrow) === JSON.stringify(wide)) return true;
  const values = valuesOf(narrow);
  const c = compared(wide);
  if (values)
    return values.every((v) => (c ? (c.prefix === undefined && isListed(wide) ? passes(wide, v) : within(v, c)) : passes(wide, v)));
  const n = compared(narrow);
  if (!n || !c) return false;
  const [inner, outer] = [span(n), span(c)];
  return inner !== undefined && outer !== undefined && inner[0] >= outer[0] && inner[1] <= outer[1];
}

function valuesOf(test: Test): readonly Scalar[] | undefined {
  const c = compared(test);
  if (!c) return [test as Scalar | Scalar[]].flat();
  return c.in && Object.keys(c).length === 1 ? c.in : undefined;
}

function within(value: Scalar, c: Compared): boolean {
  const s = span(c);
  return s !== undefined && typeof value === 'number' && value >= s[0] && value <= s[1];
}

/** The closed interval of numbers that a comparison takes; a strict bound is moved by the least step. */
function span(c: Compared): [number, number] | undefined {
  const bounds = [c.gt, c.gte, c.lt, c.lte, ...(c.between ?? [])];
  if (
    Object.keys(c).some((op) => !['gt', 'gte', 'lt', 'lte', 'between'].includes(op)) ||
    bounds.some((b) => b !== undefined && typeof b !== 'number')
  )
    return undefined;
  const least = Number.EPSILON * 8;
  const number = (b: unknown, or: number): number => (typeof b === 'number' ? b : or);
  return [
    Math.max(number(c.gte, -Infinity), number(c.gt, -Infinity) + (c.gt === undefined ? 0 : least), number(c.between?.[0], -Infinity)),
    Math.min(number(c.lte, Infinity), number(c.lt, Infinity) - (c.lt === undefined ? 0 : least), number(c.between?.[1], Infinity)),
  ];
}
