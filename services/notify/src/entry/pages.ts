import { decodeCursor, encodeCursor } from '@gongdan/platform';
import { z } from 'zod';
import { type MessageView } from '../use-cases/list-messages.js';

export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('Messages per page'),
  cursor: z.string().max(500).optional().describe('`next` of the page before'),
});

/** Instant and id of the last message of a page. */
const Cursor = z.tuple([z.iso.datetime(), z.uuid()]);

export function placeAfter(cursor: string | undefined): { at: string; id: string } | undefined {
  if (cursor === undefined) return undefined;
  const [at, id] = decodeCursor(cursor, Cursor);
  return { at, id };
}

export function pageOf(items: MessageView[], limit: number): { items: MessageView[]; next: string | null } {
  const last = items.at(-1);
  return { items, next: items.length === limit && last ? encodeCursor([last.plannedAt, last.id]) : null };
}
