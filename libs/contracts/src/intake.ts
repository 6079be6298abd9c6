import { z } from 'zod';
import { defineEvent } from './event.js';
import { instant, key, packRef, place, text } from './fields.js';

/** Where a ticket of an older system comes from and what had already happened to it. Instants are the original ones. */
export const history = z.object({
  job: key,
  source: key,
  /** Closed in the old system: dispatch records it as closed, nobody works on it. */
  closedAt: instant.optional(),
  /** The promise of the old system; the clock `imported` is judged against it. */
  dueAt: instant.optional(),
  /** Status word of the old system. */
  status: text(120).optional(),
  outcome: text(2000).optional(),
});

export const registered = z.object({
  number: text(60),
  pack: packRef,
  channel: key,
  type: key,
  category: key,
  item: key.optional(),
  urgency: key.optional(),
  impact: key.optional(),
  priority: key,
  title: text(300),
  description: text(20_000),
  language: z.enum(['zh-CN', 'en']),
  place: place.optional(),
  /** The desk that took it in. */
  unit: key.optional(),
  /** Who complains, sealed (AES-256-GCM): {name, phone, email}. No clear personal data is on the bus (docs/adr/0011). */
  contactSealed: text(4000).optional(),
  hasEmail: z.boolean(),
  /** Key in the source system; unique per organisation and source. */
  externalKey: text(200).optional(),
  attributes: z.record(z.string().max(60), z.union([z.string().max(2000), z.number(), z.boolean()])).optional(),
  registeredAt: instant,
  history: history.optional(),
});

export const TicketRegistered = defineEvent('intake.ticket-registered', 1, 'A ticket was accepted and has its number.', registered);

export const TicketAmended = defineEvent(
  'intake.ticket-amended',
  1,
  'Content was corrected before the next step took the ticket (P33). Holds the new value of each changed field.',
  z.object({
    title: text(300).optional(),
    description: text(20_000).optional(),
    category: key.optional(),
    priority: key.optional(),
    place: place.optional(),
    contactSealed: text(4000).optional(),
    hasEmail: z.boolean().optional(),
    amendedAt: instant,
  }),
);

export const TicketWithdrawn = defineEvent(
  'intake.ticket-withdrawn',
  1,
  'The complainant took the ticket back before it was resolved.',
  z.object({ reason: text(2000), withdrawnAt: instant }),
);
