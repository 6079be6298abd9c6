import { dispatch, type EventDraft, type EventOf, type intake, isClosedState, type TicketState } from '@gongdan/contracts';
import { Conflict, type Decision, decided, type Instant } from '@gongdan/kernel';
import { type Facts, type Pack, ticketFacts } from '@gongdan/packs';
import { type DecisionRecord, record, type Routed, route } from './routing.js';

// A case is the run of one ticket through the process of its pack. A step is a position named by the pack, a state is the platform's canonical name
// for it. The unit owns the case; the holder is the person of the unit who works on it. A hop is one arrival in a unit's queue by routing.

export type Registered = EventOf<typeof intake.TicketRegistered>['data'];
export type Amended = EventOf<typeof intake.TicketAmended>['data'];

/** The properties of a ticket that conditions may test or that a queue shows. */
export type TicketSnapshot = Pick<
  Registered,
  | 'type'
  | 'category'
  | 'item'
  | 'channel'
  | 'urgency'
  | 'impact'
  | 'priority'
  | 'language'
  | 'unit'
  | 'hasEmail'
  | 'place'
  | 'attributes'
  | 'history'
> & {
  hasContact: boolean;
};

export interface Case {
  org: string;
  ticketId: string;
  number: string;
  title: string;
  pack: { key: string; version: number };
  step: string;
  state: TicketState;
  unit?: string;
  holder?: string;
  /** The ETag: grows by one with every event of dispatch about the ticket, so that it is the number of the last one in dispatch's stream. */
  version: number;
  hop: number;
  returns: number;
  reopens: number;
  /** How often each action of the pack was done; keys are actions of the pack and nothing else. */
  done: Readonly<Record<string, number>>;
  /** How often a supervisor named the unit. It has a counter of its own because a pack may have an action called `route`. */
  manualRoutes: number;
  /** Units that returned the ticket; routing skips them. */
  excluded: readonly string[];
  ticket: TicketSnapshot;
  registeredAt: Instant;
  /** Instant of the last event of dispatch about the ticket; the case has not moved since. */
  since: Instant;
  closedAt?: Instant;
}

/** A decision about a case, with a record for each unit that was chosen. */
export interface CaseDecision extends Decision<Case, EventDraft> {
  records: DecisionRecord[];
}

export function isOver(state: TicketState): boolean {
  return isClosedState(state);
}

export function factsOf(pack: Pack, c: Pick<Case, 'ticket' | 'hop' | 'returns' | 'reopens' | 'unit'>): Facts {
  const { hasContact, ...ticket } = c.ticket;
  return {
    ...ticketFacts(pack.catalogue, ticket),
    hasContact,
    case: { hop: c.hop, returns: c.returns, reopens: c.reopens, unit: c.unit },
  };
}

/**
 * Opens the case of a registered ticket: it is routed to a unit or found unroutable. A ticket that the old system had closed is closed at once;
 * its events carry the instants of the old system.
 */
export function open(pack: Pack, id: { org: string; ticketId: string }, t: Registered, now: Instant): CaseDecision {
  // The clocks of two processes differ by a moment: no ticket is dispatched before it was registered.
  const at = t.history === undefined ? latest(now, t.registeredAt) : t.registeredAt;
  const fresh: Case = {
    ...id,
    number: t.number,
    title: t.title,
    pack: t.pack,
    step: pack.process.start,
    state: stateOf(pack, pack.process.start),
    version: 0,
    hop: 0,
    returns: 0,
    reopens: 0,
    done: {},
    manualRoutes: 0,
    excluded: [],
    ticket: snapshotOf(t),
    registeredAt: t.registeredAt,
    since: at,
  };
  const routed = place(pack, fresh, 'routed', at, { id: 'system:dispatch' });
  if (t.history?.closedAt === undefined) return causedBy(routed, 'start', 'registered');
  const { status, outcome } = t.history;
  const closedAt = latest(t.history.closedAt, at);
  const closed = move(pack, routed.state, pack.process.system.importedClosed, closedAt);
  const event = dispatch.TicketClosed.of({
    ...id,
    occurredAt: closedAt,
    data: {
      ...caseEventData(closed, closedAt),
      ...(isKey(outcome) ? { outcome } : {}),
      ...(status === undefined ? {} : { reason: status }),
    },
  });
  return causedBy({ ...decided({ ...closed, closedAt }, ...routed.events, event), records: routed.records }, 'start', 'imported');
}

/** Cancels the case because the complainant withdrew the ticket. A case that is over already stays as it is: the withdrawal arrived too late. */
export function withdraw(pack: Pack, c: Case, reason: string, now: Instant): CaseDecision {
  if (isOver(c.state)) return decidedWith(c);
  const at = instantAfter(c, now);
  const next = { ...move(pack, c, pack.process.system.withdrawn, at), closedAt: at };
  const event = dispatch.TicketCancelled.of({ ...eventOn(c, at), data: { ...caseEventData(next, at), reason } });
  return causedBy(decidedWith(next, event), 'system', 'withdrawn');
}

/**
 * Applies an amendment of intake. While no one has worked on the case, it is routed again and moves when the rules name another unit; afterwards only
 * its content changes, because intake may have accepted the amendment before it received the event of the first action.
 */
export function amend(pack: Pack, c: Case, change: Amended, now: Instant): CaseDecision {
  const { title, category, priority, place: where, contactSealed, hasEmail } = change;
  const amended: Case = {
    ...c,
    ...(title === undefined ? {} : { title }),
    ticket: {
      ...c.ticket,
      ...(category === undefined ? {} : { category }),
      ...(priority === undefined ? {} : { priority }),
      ...(where === undefined ? {} : { place: where }),
      ...(hasEmail === undefined ? {} : { hasEmail }),
      ...(contactSealed === undefined ? {} : { hasContact: true }),
    },
  };
  const untouched = c.step === pack.process.system.routed || c.step === pack.process.system.unroutable;
  const chosenByPerson = c.manualRoutes > 0 || Object.keys(c.done).length > 0;
  if (untouched && !chosenByPerson && route(pack.routing, factsOf(pack, amended), amended.excluded).unit !== c.unit)
    return causedBy(place(pack, amended, 'routed', instantAfter(c, now), { id: 'system:dispatch' }), 'system', 'amended');
  // Nothing that dispatch tells has changed, so the version stays: nobody has to repeat an action because somebody corrected a title.
  return decidedWith(amended);
}

/** Places the case in the unit that the routing rules name. */
export function place(pack: Pack, c: Case, why: 'routed' | 'returned' | 'reopened', at: Instant, by: { id: string }): CaseDecision {
  return placeAs(pack, c, route(pack.routing, factsOf(pack, c), c.excluded), why, at, by);
}

/** Places the case in the unit of `routed`; without a unit it becomes unroutable and waits for a supervisor. */
export function placeAs(
  pack: Pack,
  c: Case,
  routed: Routed,
  why: 'routed' | 'returned' | 'reopened',
  at: Instant,
  by: { id: string },
): CaseDecision {
  const hop = c.hop + 1;
  const { unit, rule } = routed;
  const decision = record(c, routed, why, at, by);
  if (unit === undefined || rule === undefined) {
    const unplaced = omit(move(pack, { ...c, hop }, pack.process.system.unroutable, at), 'unit');
    const data = { ...caseEventData(unplaced, at), decision: decision.id };
    return { ...decided(unplaced, dispatch.TicketUnroutable.of({ ...eventOn(c, at), data })), records: [decision] };
  }
  const next = move(pack, { ...c, hop, unit }, pack.process.system.routed, at);
  const event = dispatch.TicketDispatched.of({
    ...eventOn(c, at),
    data: {
      ...caseEventData(next, at),
      decision: decision.id,
      rule,
      why,
      ...(c.unit === undefined || c.unit === unit ? {} : { fromUnit: c.unit }),
      hop,
    },
  });
  return { ...decided(next, event), records: [decision] };
}

/** The case in another step, one version later. A step held by a person keeps the holder, any other step has none. */
export function move(pack: Pack, c: Case, step: string, at: Instant): Case {
  const moved: Case = { ...c, step, state: stateOf(pack, step), version: c.version + 1, since: at };
  return pack.process.steps[step]?.holder === 'person' ? moved : omit(moved, 'holder');
}

/** A decision that chose no unit. */
export function decidedWith(state: Case, ...events: EventDraft[]): CaseDecision {
  return { ...decided(state, ...events), records: [] };
}

export function omit<K extends 'unit' | 'holder' | 'closedAt'>(c: Case, property: K): Case {
  const copy = { ...c };
  delete copy[property];
  return copy;
}

/** The part of `data` that every event of dispatch carries. Each step is a task of its own, and nothing runs beside it. */
export function caseEventData(c: Case, at: Instant, waitsFor?: Party): { case: dispatch.CaseNow; at: Instant } {
  const { step, state, unit, holder: person, version, hop } = c;
  const now = dispatch.caseOfOneTask({ step, state, version, unit, person, waitsFor, hop, run: c.reopens + 1 });
  const { type, category, item, priority, urgency, impact } = c.ticket;
  const told = {
    type,
    category,
    priority,
    ...(item === undefined ? {} : { item }),
    ...(urgency === undefined ? {} : { urgency }),
    ...(impact === undefined ? {} : { impact }),
  };
  // Each event moves the case, so the number of the event counts the tasks too.
  const lead = now.lead && { lead: { ...now.lead, no: version } };
  return { case: { ...now, ...lead, pack: c.pack, class: told }, at };
}
type Party = EventOf<typeof dispatch.TicketSuspended>['data']['reasonClass'];

/** What a refusal shows of the case. */
export function positionOf(c: Case): object {
  const { step, state, unit, holder, version } = c;
  return { step, state, unit, holder, version };
}

/** The decision with what caused it in each of its events. */
export function causedBy(decision: CaseDecision, kind: (typeof dispatch.CAUSES)[number], key: string): CaseDecision {
  const cause = { kind, key, depth: 0 };
  return { ...decision, events: decision.events.map((event) => ({ ...event, data: { ...(event.data as object), cause } })) };
}

export function eventOn(c: Case, at: Instant): { org: string; ticketId: string; occurredAt: Instant } {
  return { org: c.org, ticketId: c.ticketId, occurredAt: at };
}

/** The instant of the next event: `now`, but never before the previous event of the ticket. Clocks and ledgers sum the time between events. */
export function instantAfter(c: Case, now: Instant): Instant {
  return latest(now, c.since);
}

/** Throws `Conflict` when the caller names a version (If-Match) and the case has another. */
export function requireVersion(c: Case, expected: number | undefined): void {
  if (expected !== undefined && expected !== c.version)
    throw new Conflict('dispatch/stale-version', { details: { seen: expected, case: positionOf(c) } });
}

function latest(a: Instant, b: Instant): Instant {
  return a > b ? a : b;
}

function stateOf(pack: Pack, step: string): TicketState {
  const found = pack.process.steps[step];
  if (found === undefined) throw new TypeError(`pack ${pack.pack.key} v${pack.pack.version} has no step ${step}`);
  return found.state;
}

function snapshotOf(t: Registered): TicketSnapshot {
  const { type, category, item, channel, urgency, impact, priority, language, unit, hasEmail, place: where, attributes, history } = t;
  return {
    type,
    category,
    channel,
    priority,
    language,
    hasEmail,
    hasContact: t.contactSealed !== undefined,
    ...(item === undefined ? {} : { item }),
    ...(urgency === undefined ? {} : { urgency }),
    ...(impact === undefined ? {} : { impact }),
    ...(unit === undefined ? {} : { unit }),
    ...(where === undefined ? {} : { place: where }),
    ...(attributes === undefined ? {} : { attributes }),
    ...(history === undefined ? {} : { history }),
  };
}

function isKey(text: string | undefined): text is string {
  return text !== undefined && text.length > 0 && text.length <= 120;
}
