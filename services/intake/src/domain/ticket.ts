import { type CaseEvent, type CaseView, classAfter, type dispatch, type EventDraft, type EventOf, intake } from '@gongdan/contracts';
import { Conflict, type Decision, decided, type Instant } from '@gongdan/kernel';
import { type Amendment, type Content } from './content.js';

/**
 * A ticket as registered. Vocabulary: it is *registered* until a person of the process takes it, *taken* afterwards (its content is frozen,
 * P33), *withdrawn* when the complainant took it back, *closed* when the process ended. A withdrawal that came too late, because dispatch had
 * closed the case, ends when the case is opened again: then a unit works on it.
 */
export const moves = {
  registered: ['registered', 'taken', 'withdrawn', 'closed'],
  taken: ['taken', 'withdrawn', 'closed', 'registered'],
  withdrawn: ['registered', 'taken', 'closed'],
  closed: ['taken', 'registered'],
} as const satisfies Record<string, readonly string[]>;
export type Registration = keyof typeof moves;

export interface Registering {
  /** How many reactions of packs led to it, of a ticket that a process asked for. */
  depth?: number | undefined;
  org: string;
  ticketId: string;
  number: string;
  pack: { key: string; version: number };
  content: Content;
  contactSealed?: string | undefined;
  hasEmail: boolean;
  externalKey?: string | undefined;
  registeredAt: Instant;
  history?: { job: string; source: string; closedAt?: string; dueAt?: string; status?: string; outcome?: string } | undefined;
  /** The recurring plan that registers it, and for which instant. */
  plan?: { key: string; occurrence: Instant } | undefined;
}

/**
 * The event of a new ticket. The API passes `unchecked` for `make`: its body schema is as narrow as the event's (ticket-bodies.spec.ts), and the
 * second check cost a tenth of an accept.
 */
export function registered(r: Registering, make: typeof intake.TicketRegistered.of = intake.TicketRegistered.of): EventDraft {
  const c = r.content;
  return make({
    org: r.org,
    ticketId: r.ticketId,
    occurredAt: r.registeredAt,
    data: {
      number: r.number,
      pack: r.pack,
      channel: c.channel,
      type: c.type,
      category: c.category,
      item: c.item,
      urgency: c.urgency,
      impact: c.impact,
      priority: c.priority,
      title: c.title,
      description: c.description,
      language: c.language,
      place: c.place,
      unit: c.unit,
      contactSealed: r.contactSealed,
      hasEmail: r.hasEmail,
      externalKey: r.externalKey,
      attributes: c.attributes,
      registeredAt: r.registeredAt,
      history: r.history,
      ...(r.plan === undefined ? {} : { plan: r.plan }),
      ...(r.depth === undefined ? {} : { cause: { depth: r.depth } }),
    },
  });
}

/** The part of a ticket that decides what may still be done with it. */
export interface Ticket {
  org: string;
  id: string;
  registration: Registration;
  version: number;
}

function mustMove(ticket: Ticket, to: Registration): void {
  if (!(moves[ticket.registration] as readonly string[]).includes(to)) {
    throw new Conflict(
      'intake/illegal-move',
      { details: { registration: ticket.registration } },
      `a ${ticket.registration} ticket cannot become ${to}`,
    );
  }
}

/** What dispatch changed of the content of a ticket; null where a part was removed. */
export type ContentChange = Partial<
  Record<'type' | 'category' | 'item' | 'priority' | 'urgency' | 'impact' | 'title' | 'description', string | null>
> & {
  place?: EventOf<typeof dispatch.TicketCorrected>['data']['place'];
};

export function contentAfter(event: CaseEvent): ContentChange {
  const change: Record<string, unknown> = { ...classAfter(event) };
  for (const [part, value] of Object.entries(change)) if (value === undefined) change[part] = null;
  if (event.name !== 'dispatch.ticket-corrected') return change;
  const { title, description, place } = event.data;
  for (const [part, value] of Object.entries({ title, description, place })) if (value !== undefined) change[part] = value;
  return change;
}

/** Registration of a ticket that was not withdrawn, by the state of its case: in a queue it may be corrected, with a person it may not. */
export function registrationAfter({ phase, state }: Pick<CaseView, 'phase' | 'state'>): Registration {
  if (phase === 'closed') return 'closed';
  return UNTOUCHED.has(state) ? 'registered' : 'taken';
}
const UNTOUCHED: ReadonlySet<string> = new Set(['received', 'under_review', 'quarantined', 'dispatched', 'unroutable']);

/** If-Match (RFC 9110): a stale version is 409 with the current state, so that the caller can decide again. */
export function mustBeVersion(current: Ticket, expected: number | undefined, view: () => object): void {
  if (expected !== undefined && expected !== current.version)
    throw new Conflict('intake/stale-version', { details: { current: view() } }, `the ticket is at version ${current.version}`);
}

/** Throws Conflict `intake/already-taken` once a person has taken the ticket (P33). */
export function amend<T extends Ticket>(ticket: T, change: Amendment, now: Instant): Decision<T, EventDraft> {
  if (ticket.registration !== 'registered') {
    throw new Conflict(
      'intake/already-taken',
      { details: { registration: ticket.registration } },
      'the next step has taken the ticket; its content is frozen',
    );
  }
  return decided(
    { ...ticket, ...change, version: ticket.version + 1 },
    intake.TicketAmended.of({ org: ticket.org, ticketId: ticket.id, occurredAt: now, data: { ...change, amendedAt: now } }),
  );
}

export function withdraw<T extends Ticket>(ticket: T, reason: string, now: Instant): Decision<T, EventDraft> {
  mustMove(ticket, 'withdrawn');
  return decided(
    { ...ticket, registration: 'withdrawn' as const, version: ticket.version + 1 },
    intake.TicketWithdrawn.of({ org: ticket.org, ticketId: ticket.id, occurredAt: now, data: { reason, withdrawnAt: now } }),
  );
}
