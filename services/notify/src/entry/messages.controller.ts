import { Controller, Get, Query } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Actor } from '@gongdan/kernel';
import { Answers, Right, TicketId, Who, Within } from '@gongdan/platform';
import { z } from 'zod';
import { MESSAGE_STATES } from '../domain/outcome.js';
import { ListMessages, type MessageView } from '../use-cases/list-messages.js';
import { MessageAnswer, MessagesAnswer } from './answers.js';
import { pageOf, PageQuery, placeAfter } from './pages.js';

const MessagesQuery = PageQuery.extend({
  ticketId: z.uuid().optional(),
  state: z.enum(MESSAGE_STATES).optional(),
  channel: z.enum(['email', 'webhook']).optional(),
});

/** Messages to people and machines, and how their delivery went. */
@Controller('v1/messages')
export class MessagesController {
  constructor(private readonly messages: ListMessages) {}

  /** Lists messages, newest first. Follow `next` until it is null. */
  @Get()
  @Right('messages:read')
  @Answers(200, MessagesAnswer, 'A page of messages')
  async list(
    @Query({ schema: MessagesQuery }) query: z.infer<typeof MessagesQuery>,
    @Who() actor: Actor,
    @Within() scope: Scope,
  ): Promise<{ items: MessageView[]; next: string | null }> {
    const { cursor, limit, ...filter } = query;
    return pageOf(await this.messages.run(actor.org, { ...filter, scope }, placeAfter(cursor), limit), limit);
  }

  /** Returns one message with its attempts. */
  @Get(':id')
  @Right('messages:read')
  @Answers(200, MessageAnswer, 'The message')
  read(@TicketId('id') id: string, @Who() actor: Actor, @Within() scope: Scope): Promise<MessageView> {
    return this.messages.one(actor.org, scope, id);
  }
}
