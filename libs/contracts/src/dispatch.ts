import { z } from 'zod';
import { defineEvent } from './event.js';
import { instant, key, text, ticketState, uuid } from './fields.js';

/** Where the case stands after the event: every event of dispatch carries it, so that nobody else runs the process. */
export const caseNow = z.object({
  step: key,
  state: ticketState,
  unit: key.optional(),
  /** Person who holds the task; absent while it waits in the unit's queue. */
  holder: key.optional(),
  /** Dispatch's version of the case: its ETag. */
  version: z.number().int().positive(),
});

const step = { case: caseNow, at: instant };
const reason = text(2000);

export const PackPublished = defineEvent(
  'dispatch.pack-published',
  1,
  'A process pack is in force from now on for new tickets of the organisation.',
  z.object({ key, version: z.number().int().positive(), digest: text(64), pack: z.record(z.string(), z.unknown()) }),
);

export const TicketDispatched = defineEvent(
  'dispatch.ticket-dispatched',
  1,
  'The ticket lies in the queue of a unit. The answer clocks start here and never stop during a return dispute.',
  z.object({
    ...step,
    decision: uuid,
    rule: key,
    why: z.enum(['routed', 'returned', 'reopened']),
    fromUnit: key.optional(),
    hop: z.number().int().positive(),
  }),
);

export const TicketUnroutable = defineEvent(
  'dispatch.ticket-unroutable',
  1,
  'No rule of the pack names a unit for the ticket; it waits for a supervisor.',
  z.object({ ...step, decision: uuid }),
);

export const TicketAccepted = defineEvent('dispatch.ticket-accepted', 1, 'A person of the unit took the ticket.', z.object(step));

export const TicketTransferred = defineEvent(
  'dispatch.ticket-transferred',
  1,
  'Handed to exactly one peer: another unit, or another person of the same unit.',
  z.object({ ...step, fromUnit: key, fromPerson: key.optional(), reason }),
);

export const TicketReturned = defineEvent(
  'dispatch.ticket-returned',
  1,
  'The unit sent the ticket back with a reason; a ticket-dispatched or ticket-unroutable follows.',
  z.object({ ...step, fromUnit: key, reason, evidence: text(2000).optional(), count: z.number().int().positive() }),
);

export const TicketReplied = defineEvent(
  'dispatch.ticket-replied',
  1,
  'The unit answered the complainant.',
  z.object({ ...step, text: text(20_000) }),
);

export const TicketSuspended = defineEvent(
  'dispatch.ticket-suspended',
  1,
  'Waiting for somebody else; the clocks the pack names pause.',
  z.object({ ...step, reasonClass: z.enum(['customer', 'third-party', 'force-majeure']), reason, until: instant.optional() }),
);

export const TicketResumed = defineEvent('dispatch.ticket-resumed', 1, 'The wait is over.', z.object(step));

export const TicketResolved = defineEvent(
  'dispatch.ticket-resolved',
  1,
  'The unit says the matter is solved.',
  z.object({ ...step, solution: text(20_000), outcome: key.optional() }),
);

export const TicketClosed = defineEvent(
  'dispatch.ticket-closed',
  1,
  'Nothing more is expected of anybody.',
  z.object({ ...step, outcome: key.optional(), reason: reason.optional() }),
);

export const TicketReopened = defineEvent(
  'dispatch.ticket-reopened',
  1,
  'The complainant was not satisfied; a ticket-dispatched follows.',
  z.object({ ...step, reason, count: z.number().int().positive() }),
);

export const TicketCancelled = defineEvent(
  'dispatch.ticket-cancelled',
  1,
  'The case ended without a result.',
  z.object({ ...step, reason }),
);

/** Everything that moves a case: what a service that follows cases hears. A new one is added here and reaches them all. */
export const CASE_EVENTS = [
  TicketDispatched,
  TicketUnroutable,
  TicketAccepted,
  TicketTransferred,
  TicketReturned,
  TicketReplied,
  TicketSuspended,
  TicketResumed,
  TicketResolved,
  TicketClosed,
  TicketReopened,
  TicketCancelled,
] as const;
