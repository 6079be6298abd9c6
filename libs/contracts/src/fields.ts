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

/**
 * A word of a vocabulary that grows. A reader keeps a word that it does not know; that a producer uses only the listed ones is checked by `of` (the schema
 * `written` of an event).
 */
export const wordOf = (words: readonly string[], meaning: string) => z.union([z.enum(words), text(60)]).meta({ description: meaning });

/**
 * Of an event that answers or follows one of dispatch: how many reactions of packs in a chain led to it. Reactions to it count on from there, so that a
 * chain through another service ends, too.
 */
export const followed = z.object({
  depth: z.number().int().nonnegative().meta({ description: 'Reactions in a chain before this event; 0 when a person was the cause.' }),
});

/** States of a case that is open (docs/glossary.md), the same in every pack. */
export const OPEN_STATES = [
  'received',
  'under_review',
  'awaiting_instruction',
  'dispatched',
  'accepted',
  'in_progress',
  'scheduled',
  'suspended',
  'return_requested',
  'extension_requested',
  'solution_review',
  'replied',
  'resolved',
  'callback_pending',
  'callback_failed',
  'unroutable',
  'quarantined',
] as const;
/** States in which no work is expected any more. */
export const CLOSED_STATES = ['closed', 'archived', 'one_shot', 'rejected', 'cancelled'] as const;
/** Every state that dispatch writes. Readers must expect states that are added later, and branch on the phase of the case. */
export const TICKET_STATES = [...OPEN_STATES, ...CLOSED_STATES] as const;
export type TicketState = (typeof TICKET_STATES)[number];

/** Whether a case in that state is closed. For states that a pack or dispatch names; followers have the phase. */
export function isClosedState(state: string): boolean {
  return (CLOSED_STATES as readonly string[]).includes(state);
}
