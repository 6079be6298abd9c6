import { z } from 'zod';
import { defineEvent } from './event.js';
import { instantOf, key, keyOf, text, ticketState, uuid } from './fields.js';

/** Position of the case after the event. Every event about a case carries it, so that no other service runs the process. */
export const caseNow = z.object({
  step: keyOf("Step of the pack's process."),
  state: ticketState.meta({ description: 'State of the step, the same vocabulary in every pack.' }),
  unit: keyOf('Unit that has the case; absent while no unit has it.').optional(),
  holder: keyOf("Person who holds the case; absent while it waits in the unit's queue.").optional(),
  version: z.number().int().positive().meta({ description: 'Version of the case: grows by one with every event, and is its ETag.' }),
});

const step = { case: caseNow, at: instantOf('When it happened: the instant that counts for clocks and figures.') };
const reason = text(2000);

export const PackPublished = defineEvent(
  'dispatch.pack-published',
  1,
  'A version of a process pack is in force for new tickets of the organisation. Tickets that began with another version finish on that one.',
  z.object({
    key,
    version: z.number().int().positive(),
    digest: text(64).meta({ description: 'SHA-256 in hexadecimal over the pack with sorted keys.' }),
    pack: z.record(z.string(), z.unknown()).meta({ description: 'The whole pack as JSON.' }),
  }),
);

export const TicketDispatched = defineEvent(
  'dispatch.ticket-dispatched',
  1,
  'The case is in the queue of a unit. Clocks that count the time to an answer start at the first of these and go on when units return the case.',
  z.object({
    ...step,
    decision: uuid.meta({ description: 'Id of the record of why this unit was chosen.' }),
    rule: keyOf('Routing rule of the pack that chose the unit; `supervisor` and `requeue` where a person did.'),
    why: z.enum(['routed', 'returned', 'reopened']).meta({ description: 'What made a unit necessary: the first routing, a return or a reopening.' }),
    fromUnit: keyOf('Unit that had the case before, when it was another one.').optional(),
    hop: z.number().int().positive().meta({ description: 'How often the case has been routed, this time included.' }),
  }),
); // prettier-ignore

export const TicketUnroutable = defineEvent(
  'dispatch.ticket-unroutable',
  1,
  'No routing rule of the pack names a unit that has not returned the case already. It has no unit until a supervisor names one.',
  z.object({ ...step, decision: uuid.meta({ description: 'Id of the record of why no unit was chosen.' }) }),
);

export const TicketAccepted = defineEvent('dispatch.ticket-accepted', 1, 'A person of the unit took the case.', z.object(step));

export const TicketTransferred = defineEvent(
  'dispatch.ticket-transferred',
  1,
  'The case was handed to exactly one receiver: another unit, or another person of the same unit.',
  z.object({
    ...step,
    fromUnit: keyOf('Unit that had the case before.'),
    fromPerson: keyOf('Person who held it before, when there was one.').optional(),
    reason,
  }),
);

export const TicketReturned = defineEvent(
  'dispatch.ticket-returned',
  1,
  'The unit returned the case with a reason. A ticket-dispatched or ticket-unroutable follows; until then no unit has the case.',
  z.object({
    ...step,
    fromUnit: keyOf('Unit that returned it.'),
    reason,
    evidence: text(2000).optional(),
    count: z.number().int().positive().meta({ description: 'Returns of this case, this one included.' }),
  }),
);

export const TicketReplied = defineEvent(
  'dispatch.ticket-replied',
  1,
  'The unit answered the complainant.',
  z.object({ ...step, text: text(20_000).meta({ description: 'The answer, as the complainant reads it.' }) }),
);

export const TicketSuspended = defineEvent(
  'dispatch.ticket-suspended',
  1,
  'The case waits for a person or an event outside the unit. The clocks that the pack names pause.',
  z.object({
    ...step,
    reasonClass: z.enum(['customer', 'third-party', 'force-majeure']).meta({ description: 'Whom the case waits for.' }),
    reason,
    until: instantOf('When the wait is expected to end; nothing happens by itself at that instant.').optional(),
  }),
);

export const TicketResumed = defineEvent('dispatch.ticket-resumed', 1, 'The wait of a suspended case ended.', z.object(step));

export const TicketResolved = defineEvent(
  'dispatch.ticket-resolved',
  1,
  'The unit declared the matter solved. The case stays open until it is closed.',
  z.object({
    ...step,
    solution: text(20_000),
    outcome: keyOf('Result in the vocabulary of the pack.').optional(),
  }),
);

export const TicketClosed = defineEvent(
  'dispatch.ticket-closed',
  1,
  'The case ended with a result. Nothing more is expected of anybody unless it is reopened.',
  z.object({
    ...step,
    outcome: keyOf('Result in the vocabulary of the pack.').optional(),
    reason: reason.optional(),
  }),
);

export const TicketReopened = defineEvent(
  'dispatch.ticket-reopened',
  1,
  'A closed case was opened again, because the complainant was not satisfied. A ticket-dispatched or ticket-unroutable follows.',
  z.object({
    ...step,
    reason,
    count: z.number().int().positive().meta({ description: 'Reopenings of this case, this one included.' }),
  }),
);

export const TicketCancelled = defineEvent(
  'dispatch.ticket-cancelled',
  1,
  'The case ended without a result: a person cancelled it, or the complainant withdrew the ticket.',
  z.object({ ...step, reason }),
);

/** Every event about a case. Services that follow cases consume this list, so that a new event reaches all of them; `caseAfter` folds them. */
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
