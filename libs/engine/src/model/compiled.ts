import { type Calendar, compileCalendar } from '@gongdan/business-time';
import { tellsOwnEvents } from '@gongdan/packs';
import { type Action, effectsOf, type Form, listOf, type OpenGroup, type PackFormat2, type Reaction } from '@gongdan/packs/format2';

/** A pack with what the engine looks up by key. Compiled once per pack object. */
export interface Compiled {
  pack: PackFormat2;
  steps: PackFormat2['process']['steps'];
  actions: ReadonlyMap<string, CompiledAction>;
  /** Reactions by the name of the event they hear. */
  reactions: ReadonlyMap<string, readonly { key: string; reaction: Reaction }[]>;
  groups: ReadonlyMap<string, OpenGroup>;
  /** Some condition of the pack asks for a clock. */
  asksClocks: boolean;
  /** Some condition or value of the pack asks for linked tickets. */
  asksLinks: boolean;
  /** The calendar in which `wd` is counted. */
  calendar: Calendar;
  zone: string;
  parents: ReadonlyMap<string, string | undefined>;
  /** Each action and reaction first tells an event of its own; packs of format 1 tell what follows from an action alone. */
  ownEvents: boolean;
  /** Names of fields that are personal in some form: their values are sealed. */
  personal: ReadonlySet<string>;
}

export interface CompiledAction extends Pick<Action, 'phase' | 'by' | 'except' | 'when' | 'unless' | 'limit' | 'do' | 'says'> {
  key: string;
  form: Form | undefined;
  /** `lead`: the lead in whatever step; `case`: no task; otherwise the steps. */
  target: 'lead' | 'case' | ReadonlySet<string>;
  /** Whether it acts on side tasks. */
  side: boolean;
  /** Its guard is judged when the form is filled in. */
  asksInput: boolean;
}

const compiled = new WeakMap<PackFormat2, Compiled>();

export function compile(pack: PackFormat2): Compiled {
  const known = compiled.get(pack);
  if (known !== undefined) return known;
  const { process } = pack;
  const actions = new Map(Object.entries(process.actions).map(([key, action]) => [key, compileAction(pack, key, action)]));
  const reactions = new Map<string, { key: string; reaction: Reaction }[]>();
  for (const [key, reaction] of Object.entries(process.reactions ?? {}))
    for (const event of listOf(reaction.on)) reactions.set(event, [...(reactions.get(event) ?? []), { key, reaction }]);
  const definition = pack.sla?.calendars.find((c) => c.key === pack.pack.calendar) ?? {
    key: 'every-day',
    zone: pack.pack.zone,
    hours: 'always' as const,
  };
  const asked = JSON.stringify([process, pack.routing, pack.forms]);
  const made: Compiled = {
    pack,
    steps: process.steps,
    actions,
    reactions,
    asksClocks: asked.includes('"clock.'),
    asksLinks: asked.includes('"links.'),
    groups: new Map(effectsOf(pack).flatMap((e) => ('open' in e ? [[e.open.group, e.open] as const] : []))),
    calendar: compileCalendar(definition),
    zone: pack.pack.zone,
    parents: new Map(pack.catalogue.categories.map((c) => [c.key, c.parent])),
    ownEvents: tellsOwnEvents(pack),
    personal: new Set(
      Object.values(pack.forms ?? {}).flatMap(({ fields }) => Object.keys(fields).filter((key) => fields[key]?.tier === 'personal')),
    ),
  };
  compiled.set(pack, made);
  return made;
}

function compileAction(pack: PackFormat2, key: string, action: Action): CompiledAction {
  const { on } = action;
  const steps = on === 'any-lead' || on === 'case' ? [] : listOf(on);
  // Written out, so that all actions have one hidden class (shapes.ts).
  return {
    key,
    phase: action.phase,
    by: action.by,
    except: action.except,
    form: action.form === undefined ? undefined : pack.forms?.[action.form],
    when: action.when,
    unless: action.unless,
    limit: action.limit,
    do: action.do,
    says: action.says,
    target: on === 'any-lead' ? 'lead' : on === 'case' ? 'case' : new Set(steps),
    side: steps.some((s) => pack.process.steps[s]?.side === true),
    asksInput: JSON.stringify(action.when ?? {}).includes('"input.'),
  };
}

/** The category with its ancestors, nearest first. */
export function categoryPath(c: Compiled, category: string): string[] {
  const path: string[] = [];
  for (let at: string | undefined = category; at !== undefined && !path.includes(at); at = c.parents.get(at)) path.push(at);
  return path;
}
