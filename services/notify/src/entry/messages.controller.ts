import { Controller, Get, Query } from '@nestjs/common';
import { type Actor } from '@gongdan/kernel';
import { decodeCursor, encodeCursor, Right, TicketId, Who } from '@gongdan/platform';
import { z } from 'zod';
import { MESSAGE_STATES } from '../domain/outcome.js';
import { ListMessages, type MessageView } from '../use-cases/list-messages.js';

export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(500).optional(),
});
const MessagesQuery = PageQuery.extend({
  ticketId: z.uuid().optional(),
  state: z.enum(MESSAGE_STATES).optional(),
  channel: z.enum(['email', 'webhook']).optional(),
});
export const Cursor = z.tuple([z.string(), z.uuid()]);

/** What was said to whom, and what became of it. */
@Controller('v1/messages')
export class MessagesController {
  constructor(private readonly messages: ListMessages) {}

  /** Newest first; follow `next` until it is null. */
  @Get()
  @Right('messages:read')
  async list(
    @Query({ schema: MessagesQuery }) q: z.infer<typeof MessagesQuery>,
    @Who() who: Actor,
  ): Promise<{ items: MessageView[]; next: string | null }> {
    const { cursor, limit, ...filter } = q;
    return page(await this.messages.run(who.org, filter, placeOf(cursor), limit), limit);
  }

  /** One message with its attempts. */
  @Get(':id')
  @Right('messages:read')
  read(@TicketId('id') id: string, @Who() who: Actor): Promise<MessageView> {
    return this.messages.one(who.org, id);
  }
}

export function placeOf(cursor: string | undefined): { at: string; id: string } | undefined {
  if (cursor === undefined) return undefined;
  const [at, id] = decodeCursor(cursor, Cursor);
  return { at, id };
}

export function page(items: MessageView[], limit: number): { items: MessageView[]; next: string | null } {
  const last = items.at(-1);
  return { items, next: items.length === limit && last ? encodeCursor([last.plannedAt, last.id]) : null };
}
