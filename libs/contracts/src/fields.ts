import { z } from 'zod';

/** Building blocks shared by the events of all producers. */
export const instant = z.iso.datetime({ precision: 3 });
export const uuid = z.uuid();
/** A key of the pack: unit, category, channel, clock, template … */
export const key = z.string().min(1).max(120);
export const text = (max: number) => z.string().max(max);

export const packRef = z.object({ key, version: z.number().int().positive() });

export const place = z.object({
  address: text(500).optional(),
  area: text(120).optional(),
  latitude: z.number().min(-90).max(90).optional(),
  longitude: z.number().min(-180).max(180).optional(),
});

/** Canonical states of docs/glossary.md, those this version can reach. */
export const TICKET_STATES = [
  'received',
  'dispatched',
  'accepted',
  'in_progress',
  'suspended',
  'replied',
  'resolved',
  'closed',
  'cancelled',
  'unroutable',
] as const;
export const ticketState = z.enum(TICKET_STATES);
export type TicketState = (typeof TICKET_STATES)[number];

/** A state no work follows: what "open now" excludes. */
export const CLOSED_STATES: readonly TicketState[] = ['closed', 'cancelled'];
