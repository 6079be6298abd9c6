import { TICKET_EVENTS } from '@gongdan/contracts';
import { meant } from '../disk/nearest.js';
import {
  choicesOf,
  effectsOf,
  type FactType,
  factTypes,
  groupsOf,
  type PackFormat2,
  SAYS,
  STEP_STATES,
  type SampleDirectoryData,
} from '../format2/index.js';
import { type Located } from '../located.js';

export type Path = PropertyKey[];

/** Roles of the platform; a pack may add others. */
export const PLATFORM_ROLES = ['agent', 'handler', 'supervisor', 'analyst', 'pack-author', 'operator', 'machine', 'admin'] as const;

/** Actions that every pack has without declaring them (engine.md 5). */
export const PLATFORM_ACTIONS = ['note', 'watch', 'share', 'urge', 'route', 'next'] as const;

/** What else can be the cause of an event of dispatch. */
const PLATFORM_CAUSES = ['start', 'wake', 'answer', 'withdrawn', 'amended', 'imported-closed', 'leaver', 'unit-closed', 'repack', 'take'];

/** What dispatch tells beyond the events that are contracts today; packs may name them in clocks, notices and scenarios. */
const CASE_EVENTS = [
  'ticket-advanced', 'ticket-classified', 'ticket-corrected', 'ticket-urged', 'ticket-judged', 'ticket-repacked', 'ticket-watched', 'task-opened', 'task-assigned', 'task-ended', 'task-slept',
  'task-woke', 'group-opened', 'group-ended', 'request-asked', 'request-answered', 'submission-refused',
].map((name) => `dispatch.${name}`); // prettier-ignore
export const EVENT_NAMES: ReadonlySet<string> = new Set([...TICKET_EVENTS.map((e) => e.name), ...CASE_EVENTS]);

/** What an event tells; undefined for one whose contract is not known here. */
export function propertiesOf(event: string): readonly string[] | undefined {
  const schema = TICKET_EVENTS.find((e) => e.name === event)?.schema as { shape?: Record<string, unknown> } | undefined;
  return schema?.shape && Object.keys(schema.shape);
}

export type Kind =
  | 'step'
  | 'action'
  | 'role'
  | 'form'
  | 'table'
  | 'clock'
  | 'calendar'
  | 'template'
  | 'group'
  | 'type'
  | 'category'
  | 'item'
  | 'priority'
  | 'urgency'
  | 'impact'
  | 'channel'
  | 'plan'
  | 'unit'
  | 'person';

/** The names that the pack declares. A kind is absent when nobody knows them: its part could not be read, or it belongs to the directory. */
export type Known = Readonly<Partial<Record<Kind, ReadonlySet<string> | undefined>>>;

export interface Context {
  pack: PackFormat2;
  known: Known;
  facts: ReadonlyMap<string, FactType>;
  /** The words that a fact can have, where the pack lists them. */
  words: ReadonlyMap<string, ReadonlySet<string>>;
  /** Whether facts of this family are known: fields need the forms, clock the clocks, and so on. */
  lost: ReadonlySet<string>;
  /** Actions with mistakes of shape: which form they meant is unknown. */
  damaged: ReadonlySet<string>;
}

export function contextOf(
  pack: PackFormat2,
  json: Record<string, unknown>,
  lost: ReadonlySet<string>,
  directory: SampleDirectoryData | undefined,
  damaged: ReadonlySet<string> = new Set(),
): Context {
  const { catalogue: c, process, forms, routing, sla, notify, intake } = pack;
  const keys = (of: readonly { key: string }[] | undefined): Set<string> => new Set((of ?? []).map((x) => x.key));
  const written = (part: string, name: string): string[] =>
    Object.keys(((json[part] as Record<string, unknown> | undefined)?.[name] as object | undefined) ?? {});
  const from = (part: string, set: ReadonlySet<string>): ReadonlySet<string> | undefined => (lost.has(part) ? undefined : set);
  const known: Known = {
    step: from('process', new Set([...Object.keys(process.steps), ...written('process', 'steps')])),
    action: from(
      'process',
      new Set([
        ...Object.keys(process.actions),
        ...Object.keys(process.reactions ?? {}),
        ...written('process', 'actions'),
        ...PLATFORM_ACTIONS,
      ]),
    ),
    role: from('pack', new Set([...PLATFORM_ROLES, ...Object.keys(pack.pack.roles ?? {})])),
    form: from('forms', new Set([...Object.keys(forms ?? {}), ...Object.keys((json['forms'] as object | undefined) ?? {})])),
    table: from('routing', new Set([...Object.keys(routing?.tables ?? {}), ...written('routing', 'tables')])),
    clock: from('sla', new Set([...keys(sla?.clocks), ...listedIn(json, 'sla', 'clocks')])),
    calendar: from('sla', new Set([...keys(sla?.calendars), ...listedIn(json, 'sla', 'calendars')])),
    template: from('notify', new Set([...Object.keys(notify?.templates ?? {}), ...written('notify', 'templates')])),
    group: from('process', new Set([...groupsOf(pack), ...writtenGroups(json['process'])])),
    type: from('catalogue', keys(c.types)),
    category: from('catalogue', keys(c.categories)),
    item: from('catalogue', keys(c.items)),
    priority: from('catalogue', new Set(c.priorities)),
    urgency: from('catalogue', new Set(c.urgencies)),
    impact: from('catalogue', new Set(c.impacts)),
    channel: from('intake', keys(intake.channels)),
    plan: from('intake', keys(intake.plans)),
    ...(directory ? { unit: keys(directory.units), person: new Set(directory.people.map((p) => p.id)) } : {}),
  };
  return { pack, known, facts: factTypes(pack), words: wordsOf(pack, known), lost, damaged };
}

/** The keys in a list of a part as it was written, also of items that could not be read. */
function listedIn(json: Record<string, unknown>, part: string, name: string): string[] {
  const list = (json[part] as Record<string, unknown> | undefined)?.[name];
  return Array.isArray(list) ? list.flatMap((x: unknown) => (typeof (x as { key?: unknown } | null)?.key === 'string' ? [(x as { key: string }).key] : [])) : []; // prettier-ignore
}

/** Groups that an effect opens which could not be read. */
function writtenGroups(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = (value as { open?: { group?: unknown } | null }).open?.group;
  return [...(typeof own === 'string' ? [own] : []), ...Object.values(value).flatMap(writtenGroups)];
}

function wordsOf(pack: PackFormat2, known: Known): Map<string, ReadonlySet<string>> {
  const words = new Map<string, ReadonlySet<string>>();
  const put = (fact: string, set: ReadonlySet<string> | undefined): void => void (set && words.set(fact, set));
  put('class.type', known.type);
  put('class.category', known.category);
  put('class.categories', known.category);
  put('class.item', known.item);
  put('class.priority', known.priority);
  put('class.urgency', known.urgency);
  put('class.impact', known.impact);
  put('ticket.channel', known.channel);
  put('ticket.plan', known.plan);
  put('case.step', known.step);
  put('task.step', known.step);
  put('event.step', known.step);
  put('event.action', known.action && new Set([...known.action, 'take']));
  put('event.reaction', known.action && new Set(Object.keys(pack.process.reactions ?? {})));
  put('event.says', new Set(SAYS));
  put('event.cause.key', known.action && new Set([...known.action, ...PLATFORM_CAUSES]));
  put('event.clock', known.clock);
  put('actor.roles', known.role);
  put('task.role', known.role);
  for (const fact of ['ticket.unit', 'case.unit', 'task.unit', 'actor.units']) put(fact, known.unit);
  put('case.state', new Set(STEP_STATES));
  put('case.phase', new Set(['open', 'closed']));
  for (const a of pack.intake.attributes ?? []) {
    const choices = choicesOf(a);
    if (choices) put(`attributes.${a.key}`, new Set(choices));
  }
  const choices = new Map<string, Set<string> | undefined>();
  for (const form of Object.values(pack.forms ?? {}))
    for (const [key, field] of Object.entries(form.fields)) {
      const before = choices.has(key) ? choices.get(key) : new Set<string>();
      choices.set(key, field.choices && before ? new Set([...before, ...Object.keys(field.choices)]) : undefined);
    }
  // A field that an effect sets may get values that no form offers.
  const set = new Set(effectsOf(pack).flatMap((e) => ('set' in e ? Object.keys(e.set) : [])));
  for (const [key, list] of choices)
    if (list) {
      put(`input.${key}`, list);
      if (!set.has(key)) put(`fields.${key}`, list);
    }
  for (const [step, outcomes] of outcomesOf(pack)) put(`tasks.${step}.outcome`, outcomes);
  for (const group of groupsOf(pack)) put(`groups.${group}.state`, new Set(['open', 'complete', 'refused', 'void']));
  for (const { key } of pack.sla?.clocks ?? [])
    put(`clock.${key}.state`, new Set(['running', 'paused', 'stopped', 'cancelled', 'met', 'breached', 'none']));
  return words;
}

/** The outcomes with which tasks of each side step can end. */
export function outcomesOf(pack: PackFormat2): Map<string, Set<string>> {
  const outcomes = new Map<string, Set<string>>();
  const add = (step: string, outcome: string): void =>
    void outcomes.set(step, (outcomes.get(step) ?? new Set<string>(['void'])).add(outcome));
  const acts = [...Object.values(pack.process.actions), ...Object.values(pack.process.reactions ?? {})];
  for (const act of acts) {
    const on = 'by' in act ? [act.on].flat() : [];
    for (const effect of effectsOf({
      ...pack,
      process: { ...pack.process, actions: { x: act as PackFormat2['process']['actions'][string] }, reactions: {} },
    }))
      if ('end' in effect) for (const step of effect.step === undefined ? on : [effect.step]) add(step, effect.end);
  }
  return outcomes;
}

/** The name is declared; else the mistake with the nearest name. */
export function declared({ known }: Context, kind: Kind, name: string | undefined, path: Path): Located[] {
  const names = known[kind];
  if (name === undefined || names === undefined || names.has(name)) return [];
  const near = meant(name, names);
  if (near === '' && kind === 'step') return [{ path, rule: `step ${name} is not declared; add it to steps: of process.yaml` }];
  const list = near !== '' || names.size === 0 || names.size > 12 ? near : `; known are ${[...names].join(', ')}`;
  return [{ path, rule: `${kind} ${name} is not declared${list}` }];
}
