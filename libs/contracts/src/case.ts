import { type Instant } from '@gongdan/kernel';
import { CASE_EVENTS } from './dispatch.js';
import { type EventEnvelope, type EventOf } from './event.js';
import { CLOSED_STATES, type TicketState } from './fields.js';

/** Any event of dispatch about a case (`dispatch.CASE_EVENTS`). */
export type CaseEvent = EventOf<(typeof CASE_EVENTS)[number]>;

/**
 * What another service knows of a case. It has two parts. The position (`step` to `since`) is that of the last event alone: a value
 * that the event leaves out is gone, so an unroutable case has no unit. The tallies (`dispatchedAt` to `transfers`) sum up all events folded so far.
 */
export interface CaseView {
  /** Step of the pack's process; undefined before the first event. */
  step: string | undefined;
  state: TicketState;
  /** `closed` in the states of CLOSED_STATES. Readers branch on the phase, because later states may be added to either. */
  phase: 'open' | 'closed';
  /** Unit that has the case; undefined while no unit has it. */
  unit: string | undefined;
  /** Person who holds the case; undefined while it waits in the unit's queue. */
  holder: string | undefined;
  /** Dispatch's version of the case, its ETag; 0 before the first event. */
  version: number;
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
}

/** A registered ticket of which dispatch has not published anything yet. */
export const NEW_CASE: Readonly<CaseView> = {
  step: undefined,
  state: 'received',
  phase: 'open',
  unit: undefined,
  holder: undefined,
  version: 0,
  since: undefined,
  dispatchedAt: undefined,
  acceptedAt: undefined,
  repliedAt: undefined,
  resolvedAt: undefined,
  closedAt: undefined,
  returns: 0,
  reopens: 0,
  transfers: 0,
};

type Tally = (view: CaseView, at: Instant) => Partial<CaseView>;
const nothing: Tally = () => ({});

// One entry for each case event: the compiler requires the entry of a new one.
const TALLIES: { readonly [N in CaseEvent['name']]: Tally } = {
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
};

/**
 * The case after one event of dispatch. It is the only fold of case events: intake, sla, notify and reporting follow cases with it. Pure; never throws;
 * events must come in the order of their `seq`, each once, which the marks of the consumer guarantee. A service that stores only the position may pass
 * `undefined` as `before`; the tallies then count the events it folded itself (one batch, for example).
 */
export function caseAfter(before: CaseView | undefined, event: CaseEvent): CaseView {
  const view = before ?? NEW_CASE;
  const { step, state, unit, holder, version } = event.data.case;
  const { at } = event.data;
  const phase = CLOSED_STATES.includes(state) ? 'closed' : 'open';
  return { ...view, step, state, phase, unit, holder, version, since: at, ...TALLIES[event.name](view, at) };
}

const CASE_EVENT_NAMES: ReadonlySet<string> = new Set(CASE_EVENTS.map((event) => event.name));

/** Whether the event is one that `caseAfter` folds. */
export function isCaseEvent(event: Pick<EventEnvelope, 'name'>): event is CaseEvent {
  return CASE_EVENT_NAMES.has(event.name);
}
