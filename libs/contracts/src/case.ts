import { type Instant } from '@gongdan/kernel';
import { CASE_EVENTS, type CaseClassChange, type CaseNow } from './dispatch/index.js';
import { type EventEnvelope, type EventOf } from './event.js';

/** Any event of dispatch about a case (`dispatch.CASE_EVENTS`). */
export type CaseEvent = EventOf<(typeof CASE_EVENTS)[number]>;

/**
 * What another service knows of a case. It has two parts. The position (`step` to `since`) is that of the last event alone: a value
 * that the event leaves out is gone, so an unroutable case has no unit. The tallies (`dispatchedAt` to `fields`) sum up all events folded so far.
 */
export interface CaseView {
  /** Step of the pack's process; undefined before the first event. */
  step: string | undefined;
  /** One of TICKET_STATES, or a word that was added later. */
  state: string;
  /** Readers branch on the phase, because later states may be added to either. */
  phase: 'open' | 'closed';
  /** Counts the runs of the case; each reopening begins the next one. */
  run: number;
  /** Dispatch's version of the case, the number of the last event in its stream; 0 before the first event. */
  version: number;
  /** The pack version the case runs on; undefined while an event of version 1 was the last. */
  pack: CaseNow['pack'];
  hop: CaseNow['hop'];
  /** Whose time burns; undefined when the case is closed and before the first event. */
  burns: CaseNow['burns'];
  /** The task of the main line; undefined when the case is closed. */
  lead: CaseNow['lead'];
  /** Open tasks beside it. */
  side: CaseNow['side'];
  class: CaseNow['class'];
  /** Unit of the lead; undefined while no unit has the case. A closed case keeps the unit that had it last. */
  unit: string | undefined;
  /** Person who holds the lead; undefined while it waits in a pool and when the case is closed. */
  holder: string | undefined;
  /** Instant of the last event (`data.at`); undefined before the first one. */
  since: Instant | undefined;
  /** First arrival in the queue of a unit. */
  dispatchedAt: Instant | undefined;
  /** First acceptance by a person. */
  acceptedAt: Instant | undefined;
  /** First reply to the complainant. */
  repliedAt: Instant | undefined;
  /** Last resolution; a reopening removes it. */
  resolvedAt: Instant | undefined;
  /** Closing or cancellation; a reopening removes it. */
  closedAt: Instant | undefined;
  returns: number;
  reopens: number;
  transfers: number;
  urges: number;
  /** The last finding of fault. */
  judged: { unit: string | undefined; class: string | undefined } | undefined;
  /** Form fields of the case that are not personal. */
  fields: Readonly<Record<string, unknown>>;
}

/** A registered ticket of which dispatch has not published anything yet. */
export const NEW_CASE: Readonly<CaseView> = {
  step: undefined,
  state: 'received',
  phase: 'open',
  run: 1,
  version: 0,
  pack: undefined,
  hop: { no: 0, depth: 0 },
  burns: undefined,
  lead: undefined,
  side: [],
  class: undefined,
  unit: undefined,
  holder: undefined,
  since: undefined,
  dispatchedAt: undefined,
  acceptedAt: undefined,
  repliedAt: undefined,
  resolvedAt: undefined,
  closedAt: undefined,
  returns: 0,
  reopens: 0,
  transfers: 0,
  urges: 0,
  judged: undefined,
  fields: {},
};

type DataOf<N extends CaseEvent['name']> = Extract<CaseEvent, { name: N }>['data'];
type Tally<N extends CaseEvent['name']> = (view: CaseView, at: Instant, data: DataOf<N>) => Partial<CaseView>;
const nothing = (): Partial<CaseView> => ({});

// One entry for each case event: the compiler requires the entry of a new one.
const TALLIES: { readonly [N in CaseEvent['name']]: Tally<N> } = {
  'dispatch.ticket-dispatched': (view, at) => ({ dispatchedAt: view.dispatchedAt ?? at }),
  'dispatch.ticket-unroutable': nothing,
  'dispatch.ticket-accepted': (view, at) => ({ acceptedAt: view.acceptedAt ?? at }),
  'dispatch.ticket-transferred': (view) => ({ transfers: view.transfers + 1 }),
  'dispatch.ticket-returned': (view) => ({ returns: view.returns + 1 }),
  'dispatch.ticket-replied': (view, at) => ({ repliedAt: view.repliedAt ?? at }),
  'dispatch.ticket-suspended': nothing,
  'dispatch.ticket-resumed': nothing,
  'dispatch.ticket-resolved': (_, at) => ({ resolvedAt: at }),
  'dispatch.ticket-closed': (_, at) => ({ closedAt: at }),
  'dispatch.ticket-reopened': (view) => ({ reopens: view.reopens + 1, resolvedAt: undefined, closedAt: undefined }),
  'dispatch.ticket-cancelled': (_, at) => ({ closedAt: at }),
  'dispatch.ticket-advanced': nothing,
  'dispatch.ticket-classified': nothing,
  'dispatch.ticket-corrected': nothing,
  'dispatch.ticket-urged': (_, __, { count }) => ({ urges: count }),
  'dispatch.ticket-judged': (_, __, data) => ({ judged: { unit: data.unit, class: data.class } }),
  'dispatch.ticket-repacked': nothing,
  'dispatch.ticket-watched': nothing,
  'dispatch.ticket-noted': nothing,
  'dispatch.submission-refused': nothing,
  'dispatch.reaction-refused': nothing,
  'dispatch.task-opened': nothing,
  'dispatch.task-assigned': nothing,
  'dispatch.task-ended': nothing,
  'dispatch.task-slept': nothing,
  'dispatch.task-woke': nothing,
  'dispatch.group-opened': nothing,
  'dispatch.group-ended': nothing,
  'dispatch.request-asked': nothing,
  'dispatch.request-answered': nothing,
};

/**
 * The case after one event of dispatch. It is the only fold of case events: intake, sla, notify and reporting follow cases with it. Pure; never throws;
 * events must come in the order of their `seq`, each once, which the marks of the consumer guarantee. A service that stores a part of the view passes that
 * part as `before`, spread over NEW_CASE: `unit` lasts beyond closing, and the tallies count on. With `undefined` they count what the service folds itself.
 */
export function caseAfter(before: CaseView | undefined, event: CaseEvent): CaseView {
  const view = before ?? NEW_CASE;
  const { case: now, at, changes } = event.data;
  const { step, state, phase, run, version, pack, hop, burns, lead, side, class: classified } = now;
  const position = { step, state, phase, run, version, pack, hop, burns, lead, side, class: classified, since: at };
  const unit = phase === 'closed' ? view.unit : lead?.holder.unit;
  const tally = TALLIES[event.name] as Tally<CaseEvent['name']>;
  return {
    ...view,
    ...position,
    unit,
    holder: lead?.holder.person,
    fields: fieldsAfter(view.fields, changes),
    ...tally(view, at, event.data),
  };
}

/** Form fields after an event. Personal ones are left out: their value is sealed, and nothing that follows cases may open it. */
function fieldsAfter(before: CaseView['fields'], changes: CaseEvent['data']['changes']): CaseView['fields'] {
  const open = Object.entries(changes?.fields ?? {}).filter(([name]) => changes?.sealed?.includes(name) !== true);
  if (open.length === 0) return before;
  return Object.fromEntries([...new Map([...Object.entries(before), ...open])].filter(([, value]) => value !== null));
}

/** What dispatch changed of the class with this event, by name; undefined when nothing. Until the first of these the class is that of the registration. */
export function classAfter(event: CaseEvent): CaseClassChange | undefined {
  if (event.name === 'dispatch.ticket-classified') {
    // What was removed is named by `from` alone.
    const gone = Object.fromEntries(Object.keys(event.data.from).map((part) => [part, undefined]));
    return { ...gone, ...event.data.to };
  }
  return event.data.changes?.class;
}

const CASE_EVENT_NAMES: ReadonlySet<string> = new Set(CASE_EVENTS.map((event) => event.name));

/** Whether the event is one that `caseAfter` folds. */
export function isCaseEvent(event: Pick<EventEnvelope, 'name'>): event is CaseEvent {
  return CASE_EVENT_NAMES.has(event.name);
}
