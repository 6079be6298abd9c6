import { type EventOf, CLOSED_STATES, dispatch, type EventDraft, type intake, type TicketState } from '@gongdan/contracts';
import { Conflict, type Decision, decided, type Instant } from '@gongdan/kernel';
import { type Facts, type Pack, ticketFacts } from '@gongdan/packs';
import { type DecisionRecord, record, type Routed, route } from './routing.js';

// A case is one ticket's run through the process of its pack. A step is the pack's word for where it stands, a state the platform's.
// The unit has the case; the holder is the person of the unit who works on it. A hop is one arrival in a unit's queue by routing.

export type Registered = EventOf<typeof intake.TicketRegistered>['data'];
export type Amended = EventOf<typeof intake.TicketAmended>['data'];

/** What dispatch keeps of a ticket: what conditions ask about, and what a queue shows. */
export type TicketKept = Pick<
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
  /** Grows by one with every event: the ETag, and dispatch's `seq` for the ticket. */
  version: number;
  hop: number;
  returns: number;
  reopens: number;
  /** How often each action was done. */
  done: Readonly<Record<string, number>>;
  /** Units that sent it back; routing passes them over. */
  excluded: readonly string[];
  ticket: TicketKept;
  registeredAt: Instant;
  /** When it came to where it lies now. */
  since: Instant;
  closedAt?: Instant;
}

/** A decision about a case, with the record of why its unit was chosen where one was. */
export interface CaseDecision extends Decision<Case, EventDraft> {
  records: DecisionRecord[];
}

export function isOver(state: TicketState): boolean {
  return CLOSED_STATES.includes(state);
}

export function factsOf(pack: Pack, c: Pick<Case, 'ticket' | 'hop' | 'returns' | 'reopens' | 'unit'>): Facts {
  const { hasContact, ...ticket } = c.ticket;
  return {
    ...ticketFacts(pack.catalogue, ticket),
    hasContact,
    case: { hop: c.hop, returns: c.returns, reopens: c.reopens, unit: c.unit },
  };
}

/** The first word on a ticket: routed to a unit or found unroutable; one that the old system had closed is closed at once, with its own instants. */
export function open(pack: Pack, id: { org: string; ticketId: string }, t: Registered, now: Instant): CaseDecision {
  // Clocks of two processes differ by a moment: nothing is dispatched before it was registered.
  const at = t.history === undefined && now > t.registeredAt ? now : t.registeredAt;
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
    excluded: [],
    ticket: kept(t),
    registeredAt: t.registeredAt,
    since: at,
  };
  const routed = place(pack, fresh, 'routed', at, { id: 'system:dispatch' });
  if (t.history?.closedAt === undefined) return routed;
  const { closedAt, status, outcome } = t.history;
  const closed = move(pack, routed.state, pack.process.system.importedClosed, closedAt);
  const event = dispatch.TicketClosed.of({
    ...id,
    occurredAt: closedAt,
    data: { ...said(closed, closedAt), ...(isKey(outcome) ? { outcome } : {}), ...(status === undefined ? {} : { reason: status }) },
  });
  return { ...decided({ ...closed, closedAt }, ...routed.events, event), records: routed.records };
}

/** The complainant took it back. On a case that is over already there is nothing to do: the fact came late. */
export function withdraw(pack: Pack, c: Case, reason: string, at: Instant): CaseDecision {
  if (isOver(c.state)) return { ...decided(c), records: [] };
  const next = { ...move(pack, c, pack.process.system.withdrawn, at), closedAt: at };
  return {
    ...decided(
      next,
      dispatch.TicketCancelled.of({ org: c.org, ticketId: c.ticketId, occurredAt: at, data: { ...said(next, at), reason } }),
    ),
    records: [],
  };
}

/**
 * Corrected content. While nobody has touched the case, the rules are asked again and it moves when they name another unit; after that the correction
 * is only noted: intake may have amended before it heard of the taking.
 */
export function amend(pack: Pack, c: Case, change: Amended, now: Instant): CaseDecision {
  const { title, category, priority, place: where, contactSealed, hasEmail } = change;
  const next: Case = {
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
  const untaken = c.step === pack.process.system.routed || c.step === pack.process.system.unroutable;
  // A choice somebody made outlives a correction.
  if (!untaken || Object.keys(c.done).length > 0) return { ...decided(next), records: [] };
  const again = route(pack.routing, factsOf(pack, next), next.excluded);
  if (again.unit === c.unit) return { ...decided(next), records: [] };
  return place(pack, next, 'routed', now, { id: 'system:dispatch' });
}

/** Puts the case where the routing rules say and tells it. */
export function place(pack: Pack, c: Case, why: 'routed' | 'returned' | 'reopened', at: Instant, by: { id: string }): CaseDecision {
  return placeAs(pack, c, route(pack.routing, factsOf(pack, c), c.excluded), why, at, by);
}

/** Puts the case where somebody or something chose. */
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
  const made = record(c, routed, why, at, by);
  const fact = { org: c.org, ticketId: c.ticketId, occurredAt: at };
  if (unit === undefined || rule === undefined) {
    const lost = without(move(pack, { ...c, hop }, pack.process.system.unroutable, at), 'unit');
    return { ...decided(lost, dispatch.TicketUnroutable.of({ ...fact, data: { ...said(lost, at), decision: made.id } })), records: [made] };
  }
  const next = move(pack, { ...c, hop, unit }, pack.process.system.routed, at);
  const event = dispatch.TicketDispatched.of({
    ...fact,
    data: {
      ...said(next, at),
      decision: made.id,
      rule,
      why,
      ...(c.unit === undefined || c.unit === unit ? {} : { fromUnit: c.unit }),
      hop,
    },
  });
  return { ...decided(next, event), records: [made] };
}

/** The case in another step, one version on. The holder stays where the step is held by a person, and goes elsewhere. */
export function move(pack: Pack, c: Case, step: string, at: Instant): Case {
  const moved: Case = { ...c, step, state: stateOf(pack, step), version: c.version + 1, since: at };
  return pack.process.steps[step]?.holder === 'person' ? moved : without(moved, 'holder');
}

export function without<K extends 'unit' | 'holder' | 'closedAt'>(c: Case, property: K): Case {
  const copy = { ...c };
  delete copy[property];
  return copy;
}

/** The part every event of dispatch carries. */
export function said(c: Case, at: Instant): { case: EventOf<typeof dispatch.TicketAccepted>['data']['case']; at: Instant } {
  return {
    case: {
      step: c.step,
      state: c.state,
      ...(c.unit === undefined ? {} : { unit: c.unit }),
      ...(c.holder === undefined ? {} : { holder: c.holder }),
      version: c.version,
    },
    at,
  };
}

/** An actor who names the version it looked at acts on that one or not at all. */
export function mustBeSeen(c: Case, seen: number | undefined): void {
  if (seen !== undefined && seen !== c.version)
    throw new Conflict('dispatch/stale-version', { details: { seen, case: said(c, c.since).case } });
}

function stateOf(pack: Pack, step: string): TicketState {
  const found = pack.process.steps[step];
  if (found === undefined) throw new TypeError(`pack ${pack.pack.key} v${pack.pack.version} has no step ${step}`);
  return found.state;
}

function kept(t: Registered): TicketKept {
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
