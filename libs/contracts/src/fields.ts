import { z } from 'zod';

/** An instant in UTC, ISO 8601 with milliseconds and `Z`. */
export const instant = z.iso.datetime({ precision: 3 });
/** The same with its meaning, which becomes the description in the AsyncAPI document. */
export const instantOf = (meaning: string) => instant.meta({ description: meaning });
export const uuid = z.uuid();
/** A key of a pack (unit, category, channel, clock, template …) or the login id of a person. */
export const key = z.string().min(1).max(120);
export const keyOf = (meaning: string) => key.meta({ description: meaning });
/** Text of at most `max` UTF-16 code units. */
export const text = (max: number) => z.string().max(max);

export const packRef = z
  .object({ key, version: z.number().int().positive() })
  .meta({ description: 'The pack version whose process the ticket follows until it is closed.' });

/** Where the matter is. Coordinates are degrees, WGS 84. */
export const place = z.object({
  address: text(500).optional(),
  area: text(120).optional(),
  latitude: z.number().min(-90).max(90).optional(),
  longitude: z.number().min(-180).max(180).optional(),
});

/** The states of a case (docs/glossary.md), the same in every pack. Readers must expect states that are added later. */
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

/** States in which no work is expected any more; every other state is open. */
export const CLOSED_STATES: readonly TicketState[] = ['closed', 'cancelled'];
