import { z } from 'zod';
import { defineEvent } from './event.js';
import { answered } from './answered.js';
import { followed, instantOf, key, keyOf, packRef, place, text, uuid } from './fields.js';

/** Only of an imported ticket: which system it comes from and what happened to it there. Instants are those of that system. */
export const history = z.object({
  job: keyOf('The import.'),
  source: keyOf('The older system.'),
  closedAt: instantOf('When the older system closed it. Dispatch records the case as closed, and it is not worked on.').optional(),
  dueAt: instantOf('Due instant promised by the older system; a clock with the limit `imported` is measured against it.').optional(),
  status: text(120).meta({ description: 'Status word of the older system.' }).optional(),
  outcome: text(2000).meta({ description: 'Result in the words of the older system.' }).optional(),
});

/** Only of a ticket that a plan of its pack registered. */
const planned = z
  .object({
    key: keyOf('Key of the plan in the pack.'),
    occurrence: instantOf(
      'The instant for which the plan said so; the ticket is registered a little later, and much later after an outage.',
    ),
  })
  .meta({ description: 'The recurring plan that registered the ticket; absent when a person, a file or a process did.' });

const contactSealed = text(4000).meta({
  description: 'Name, phone and e-mail of the complainant, sealed with AES-256-GCM (docs/adr/0011). No clear personal data is on the bus.',
});
const hasEmail = z
  .boolean()
  .meta({ description: 'Whether the sealed contact holds an e-mail address, so that the contact need not be opened to find out.' });

export const registered = z.object({
  number: text(60).meta({ description: 'Ticket number, unique in the organisation.' }),
  pack: packRef,
  channel: key,
  type: key,
  category: keyOf("Place in the pack's tree of subjects, `network.outage`."),
  item: key.optional(),
  urgency: key.optional(),
  impact: key.optional(),
  priority: keyOf("From urgency and impact by the pack's matrix, or as registered."),
  title: text(300),
  description: text(20_000),
  language: z.enum(['zh-CN', 'en']).meta({ description: 'Language in which the complainant is written to.' }),
  place: place.optional(),
  unit: keyOf('Unit that registered the ticket.').optional(),
  contactSealed: contactSealed.optional(),
  hasEmail,
  externalKey: text(200).meta({ description: 'Key in the source system, unique per organisation and source.' }).optional(),
  attributes: z
    .record(z.string().max(60), z.union([z.string().max(2000), z.number(), z.boolean()]))
    .meta({ description: 'Further values that the pack declares.' })
    .optional(),
  registeredAt: instantOf('When intake accepted the ticket; of an imported one, when the older system did.'),
  history: history.optional(),
  plan: planned.optional(),
  cause: followed.optional(),
});

export const TicketRegistered = defineEvent(
  'intake.ticket-registered',
  1,
  'Intake accepted a ticket and gave it its number. It is the first event of every ticket.',
  registered,
);

export const TicketAmended = defineEvent(
  'intake.ticket-amended',
  1,
  'The content was corrected before anybody took the ticket (process P33). Holds the new value of each changed field; a field that is absent did not change.',
  z.object({
    title: text(300).optional(),
    description: text(20_000).optional(),
    category: key.optional(),
    priority: key.optional(),
    place: place.optional(),
    contactSealed: contactSealed.optional(),
    hasEmail: hasEmail.optional(),
    amendedAt: instantOf('When it was corrected.'),
  }),
);

export const TicketWithdrawn = defineEvent(
  'intake.ticket-withdrawn',
  1,
  'The complainant withdrew the ticket before it was closed. Dispatch cancels the case.',
  z.object({ reason: text(2000), withdrawnAt: instantOf('When it was withdrawn.') }),
);

const link = {
  link: uuid.meta({ description: 'Id of the link; both tickets tell it.' }),
  kind: keyOf(
    'What the ticket at the beginning of the link is to the other one: `child`, `incident`, `second-dispatch`. Kinds are free words.',
  ),
  end: z.enum(['from', 'to']).meta({ description: 'Whether the link begins or ends at this ticket.' }),
  as: keyOf(
    'What the other ticket is to this one, the word of `links.…` in conditions: `child` on the parent, `parent` on the child; `incident` on the fault, `incident-of` on the incident.',
  ),
  other: z.object({ id: uuid, number: text(60) }).meta({ description: 'The other ticket.' }),
};

export const TicketLinked = defineEvent(
  'intake.ticket-linked',
  1,
  'The ticket was linked with another one. Both tickets tell it, each from its side.',
  z.object({ ...link, linkedAt: instantOf('When it was linked.'), cause: followed.optional() }),
);

export const TicketUnlinked = defineEvent(
  'intake.ticket-unlinked',
  1,
  'A link of the ticket was removed. Both tickets tell it, each from its side.',
  z.object({ ...link, unlinkedAt: instantOf('When it was removed.') }),
);

export const RequestAnswered = defineEvent(
  'intake.request-answered',
  1,
  'Intake did what the process of the ticket asked for, or refused it. Dispatch tells its own request-answered after it.',
  answered,
);
