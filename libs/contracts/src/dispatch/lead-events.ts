import { z } from 'zod';
import { defineEvent } from '../event.js';
import { instantOf, keyOf, text, uuid } from '../fields.js';
import { about, party, written } from './case-part.js';
import { caseEventFrom1, reopenedFrom1 } from './upcast.js';

// Events about the lead of a case. They exist in two versions: version 1 told one unit and one holder.

const reason = text(2000);
const ordinal = z.number().int().positive();

/** Version 2 of an event about a case, with its own properties beside those that all have. */
function caseEvent<N extends string, S extends z.ZodRawShape>(name: N, meaning: string, own: S, from1 = caseEventFrom1) {
  return defineEvent(name, 2, meaning, z.object({ ...about, ...own }), { 1: from1 }, written);
}

export const TicketDispatched = caseEvent(
  'dispatch.ticket-dispatched',
  'The case is in the queue of a unit. Clocks that count the time to an answer start at the first of these and go on when units return the case.',
  {
    decision: uuid.meta({ description: 'Id of the record of why this unit was chosen.' }),
    rule: keyOf('Routing rule of the pack that chose the unit; `supervisor` and `requeue` where a person did.'),
    why: z
      .enum(['routed', 'returned', 'reopened', 'transferred', 'allocated'])
      .meta({ description: 'What made a unit necessary: the rules, a return, a reopening, a transfer, or a person who chose the unit.' }),
    fromUnit: keyOf('Unit that had the case before, when it was another one.').optional(),
    hop: ordinal.meta({ description: 'How often the case has been routed, this time included.' }),
  },
);

export const TicketUnroutable = caseEvent(
  'dispatch.ticket-unroutable',
  'The process names no unit that there is and that has not returned the case already. It has no unit until a supervisor names one.',
  { decision: uuid.meta({ description: 'Id of the record of why no unit was chosen.' }) },
);

export const TicketAccepted = caseEvent('dispatch.ticket-accepted', 'A person of the unit took the case.', {});

export const TicketTransferred = caseEvent(
  'dispatch.ticket-transferred',
  'The case was handed to exactly one receiver: another unit, or another person of the same unit.',
  {
    fromUnit: keyOf('Unit that had the case before, when one had it.').optional(),
    fromPerson: keyOf('Person who held it before, when there was one.').optional(),
    reason: reason.optional(),
  },
);

export const TicketReturned = caseEvent(
  'dispatch.ticket-returned',
  'The unit returned the case with a reason. A ticket-dispatched or ticket-unroutable follows when it goes to another unit.',
  {
    fromUnit: keyOf('Unit that returned it.').optional(),
    reason: reason.optional(),
    evidence: text(2000).optional(),
    count: ordinal.meta({ description: 'Returns of this case, this one included.' }),
  },
);

export const TicketReplied = caseEvent('dispatch.ticket-replied', 'The unit answered the complainant.', {
  text: text(20_000).meta({ description: 'The answer, as the complainant reads it.' }).optional(),
});

export const TicketSuspended = caseEvent(
  'dispatch.ticket-suspended',
  'The case waits for a person or an event outside the unit. The clocks that the pack names pause.',
  {
    reasonClass: party.meta({ description: 'Whom the case waits for.' }),
    reason: reason.optional(),
    until: instantOf('When the wait is expected to end; nothing happens by itself at that instant.').optional(),
  },
);

export const TicketResumed = caseEvent('dispatch.ticket-resumed', 'The wait of a suspended case ended.', {});

export const TicketResolved = caseEvent(
  'dispatch.ticket-resolved',
  'The unit declared the matter solved. The case stays open until it is closed.',
  {
    solution: text(20_000).optional(),
    outcome: keyOf('Result in the vocabulary of the pack.').optional(),
  },
);

export const TicketClosed = caseEvent(
  'dispatch.ticket-closed',
  'The case ended with a result. Nothing more is expected of anybody unless it is reopened.',
  {
    outcome: keyOf('Result in the vocabulary of the pack.').optional(),
    reason: reason.optional(),
  },
);

export const TicketReopened = caseEvent(
  'dispatch.ticket-reopened',
  'A closed case was opened again, because the complainant was not satisfied. A ticket-dispatched or ticket-unroutable follows when it needs a unit.',
  {
    reason: reason.optional(),
    count: ordinal.meta({ description: 'Reopenings of this case, this one included.' }),
  },
  reopenedFrom1,
);

export const TicketCancelled = caseEvent(
  'dispatch.ticket-cancelled',
  'The case ended without a result: a person cancelled it, or the complainant withdrew the ticket.',
  { reason: reason.optional() },
);
