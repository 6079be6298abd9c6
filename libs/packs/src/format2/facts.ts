import { type FieldType } from './forms.js';
import { type PackFormat2 } from './pack.js';

/** What a condition may compare a fact with. `table` and `any` facts can only be tested for existence or listed. */
export type FactType = 'text' | 'number' | 'boolean' | 'instant' | 'duration' | 'list' | 'any';

/** Facts that every pack has; where a value is absent the fact is absent. */
export const FIXED_FACTS: Readonly<Record<string, FactType>> = {
  // The class: intake's at registration, dispatch's afterwards. `categories` is the category with its ancestors.
  'class.type': 'text',
  'class.category': 'text',
  'class.categories': 'list',
  'class.item': 'text',
  'class.priority': 'text',
  'class.urgency': 'text',
  'class.impact': 'text',
  // The ticket as it was registered. `unit` is the unit that registered it, `registeredBy` the person or client.
  'ticket.channel': 'text',
  'ticket.unit': 'text',
  'ticket.registeredBy': 'text',
  'ticket.language': 'text',
  'ticket.imported': 'boolean',
  'ticket.registeredAt': 'instant',
  'ticket.externalKey': 'text',
  // The recurring plan that registered it, and the instant for which it did; absent when a person, a file or a process registered it.
  'ticket.plan': 'text',
  'ticket.occurrence': 'instant',
  'customer.hasContact': 'boolean',
  'customer.hasEmail': 'boolean',
  'place.address': 'text',
  'place.area': 'text',
  'place.latitude': 'number',
  'place.longitude': 'number',
  'history.status': 'text',
  'history.outcome': 'text',
  'history.dueAt': 'instant',
  'history.closedAt': 'instant',
  // The case. `sample` is a number from 0 to 99 made of the ticket's id, for drawing samples; `hop` counts arrivals in units, `depth` open hops.
  'case.step': 'text',
  'case.state': 'text',
  'case.phase': 'text',
  'case.run': 'number',
  'case.hop': 'number',
  'case.depth': 'number',
  'case.sample': 'number',
  'case.unit': 'text',
  'case.holder': 'text',
  'case.openedAt': 'instant',
  'case.closedAt': 'instant',
  // The task that is acted on.
  'task.step': 'text',
  'task.unit': 'text',
  'task.person': 'text',
  'task.role': 'text',
  'task.openedAt': 'instant',
  'actor.id': 'text',
  'actor.roles': 'list',
  'actor.units': 'list',
  /** In the holder of a planned task with `each`: the element for which it is opened. */
  each: 'text',
  now: 'instant',
  // How long ago, in the pack's calendar for `wd`: since the acting task was opened, since the case was dispatched, accepted, replied, resolved, registered, closed.
  'since.opened': 'duration',
  'since.registered': 'duration',
  'since.dispatched': 'duration',
  'since.accepted': 'duration',
  'since.replied': 'duration',
  'since.resolved': 'duration',
  'since.closed': 'duration',
};

const FIELD_FACTS: Readonly<Record<FieldType, FactType>> = {
  text: 'text', number: 'number', boolean: 'boolean', choice: 'text', choices: 'list', date: 'text', instant: 'instant', duration: 'text', money: 'number',
  person: 'text', unit: 'text', units: 'list', category: 'text', file: 'any', files: 'list', signature: 'any', table: 'list',
}; // prettier-ignore

const DONE: Readonly<Record<string, FactType>> = {
  times: 'number',
  total: 'number',
  by: 'text',
  at: 'instant',
  firstAt: 'instant',
  unit: 'text',
};
const TASKS: Readonly<Record<string, FactType>> = { open: 'number', outcome: 'text', times: 'number', by: 'text' };
const GROUPS: Readonly<Record<string, FactType>> = { open: 'boolean', state: 'text' };
const CLOCKS: Readonly<Record<string, FactType>> = { state: 'text', dueAt: 'instant', breached: 'boolean' };

/**
 * The type of every fact the pack may ask for by name: the fixed ones, and those of its forms, attributes, actions, steps, groups and clocks.
 * `event.*` is open: it holds the data of the event that triggers.
 */
export function factTypes(pack: PackFormat2): Map<string, FactType> {
  const types = new Map<string, FactType>(Object.entries(FIXED_FACTS));
  const family = (prefix: string, keys: Iterable<string>, members: Readonly<Record<string, FactType>>): void => {
    for (const key of keys) for (const [member, type] of Object.entries(members)) types.set(`${prefix}.${key}.${member}`, type);
  };
  for (const form of Object.values(pack.forms ?? {}))
    for (const [key, field] of Object.entries(form.fields)) {
      types.set(`fields.${key}`, FIELD_FACTS[field.type]);
      types.set(`input.${key}`, FIELD_FACTS[field.type]);
      // How long ago a date was; a sealed one cannot be read.
      if ((field.type === 'date' || field.type === 'instant') && field.tier !== 'personal')
        for (const from of ['fields', 'input']) types.set(`since.${from}.${key}`, 'duration');
    }
  for (const name of setFields(pack)) if (!types.has(`fields.${name}`)) types.set(`fields.${name}`, 'any');
  for (const { key, type } of pack.intake.attributes ?? []) if (type === 'date') types.set(`since.attributes.${key}`, 'duration');
  for (const { key, type } of pack.intake.attributes ?? [])
    types.set(`attributes.${key}`, type === 'choice' || type === 'date' ? 'text' : type);
  const acts = [...Object.keys(pack.process.actions), ...Object.keys(pack.process.reactions ?? {})];
  family('done', acts, DONE);
  for (const act of acts) types.set(`since.${act}`, 'duration');
  family('tasks', Object.keys(pack.process.steps), TASKS);
  for (const [step, { side }] of Object.entries(pack.process.steps))
    if (side) for (const form of Object.values(pack.forms ?? {})) for (const [key, field] of Object.entries(form.fields)) types.set(`tasks.${step}.fields.${key}`, FIELD_FACTS[field.type]); // prettier-ignore
  family('groups', groupsOf(pack), GROUPS);
  family('clock', (pack.sla?.clocks ?? []).map((c) => c.key), CLOCKS); // prettier-ignore
  return types;
}

const LINKS: Readonly<Record<string, FactType>> = { count: 'number', open: 'number', unit: 'text' };

/** The type of a fact that `types` (of `factTypes`) does not list because its words are free: `links.<kind>.open`. */
export function typeOfFact(types: ReadonlyMap<string, FactType>, fact: string): FactType | undefined {
  const [family, kind, member = '', ...more] = fact.split('.');
  if (family !== 'links') return types.get(fact);
  return kind !== undefined && more.length === 0 && Object.hasOwn(LINKS, member) ? LINKS[member] : undefined;
}

/** Keys of the groups that actions and reactions open. */
export function groupsOf(pack: PackFormat2): string[] {
  return effectsOf(pack).flatMap((e) => ('open' in e ? [e.open.group] : []));
}

/** Every effect of the pack, those inside groups and limits included. */
export function effectsOf(pack: PackFormat2): PackEffect[] {
  const all: PackEffect[] = [];
  const add = (effects: readonly PackEffect[] | undefined): void => {
    for (const effect of effects ?? []) {
      all.push(effect);
      if ('open' in effect) {
        add(effect.open.then);
        add(effect.open.refused);
      }
    }
  };
  for (const row of pack.process.start) add(row.do);
  for (const act of [...Object.values(pack.process.actions), ...Object.values(pack.process.reactions ?? {})]) {
    add(act.do);
    add(act.limit?.else);
  }
  return all;
}
type PackEffect = PackFormat2['process']['actions'][string]['do'][number];

function setFields(pack: PackFormat2): string[] {
  return effectsOf(pack).flatMap((e) => ('set' in e ? Object.keys(e.set).filter((k) => !k.includes('.')) : []));
}
