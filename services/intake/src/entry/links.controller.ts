import { Body, Controller, Delete, Get, Headers, HttpCode, Post, Query, Res } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Actor, type Cause } from '@gongdan/kernel';
import {
  Answers,
  AnswersEmpty,
  CausedBy,
  Database,
  decodeCursor,
  encodeCursor,
  Problems,
  Right,
  TicketId,
  Who,
  Within,
} from '@gongdan/platform';
import { type FastifyReply } from 'fastify';
import { z } from 'zod';
import { type LinkView } from '../domain/link-view.js';
import { LinkTickets } from '../use-cases/links/link-tickets.js';
import { ListLinks } from '../use-cases/links/list-links.js';
import { UnlinkTickets } from '../use-cases/links/unlink-tickets.js';
import { idempotencyKey } from './idempotency-key.js';
import { LinkAnswer, LinkBody, LinkList, LinkQuery } from './link-bodies.js';

const Cursor = z.tuple([z.uuid()]);

/** What tickets are to each other: child and parent, incident and fault, second dispatch. */
@Controller('v1/tickets/:id/links')
export class LinksController {
  constructor(
    private readonly database: Database,
    private readonly linkTickets: LinkTickets,
    private readonly unlinkTickets: UnlinkTickets,
    private readonly listLinks: ListLinks,
  ) {}

  /**
   * Links this ticket with another one: this ticket is a `kind` of the other one. `parent` is the reverse of `child`, and `x-of` the reverse of any other
   * kind. With an `Idempotency-Key` a repetition gets the first answer, with `idempotency-replayed: true`.
   */
  @Post()
  @Right('tickets:amend')
  @Answers(201, LinkAnswer, 'Linked; a repetition gets the same answer', { headers: { 'idempotency-replayed': '`true` for a repetition' } })
  @Problems({
    409: ['intake/already-linked'],
    422: ['intake/no-such-ticket-to-link', 'intake/linked-to-itself', 'intake/idempotency-key-reused'],
  })
  async link(
    @TicketId('id') id: string,
    @Body({ schema: LinkBody }) body: z.infer<typeof LinkBody>,
    @Headers('idempotency-key') key: string | undefined,
    @Who() who: Actor,
    @Within() scope: Scope,
    @CausedBy() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<LinkView> {
    const done = await this.database.transaction((tx) =>
      this.linkTickets.run(tx, { who, scope, cause, ticketId: id, ...body, idempotencyKey: idempotencyKey(key) }),
    );
    if (!done.fresh) reply.header('idempotency-replayed', 'true');
    return done.answer;
  }

  /** Links of the ticket, oldest first; those with tickets that the caller may not see are left out. */
  @Get()
  @Right('tickets:read')
  @Answers(200, LinkList, 'A page of links')
  async list(
    @TicketId('id') id: string,
    @Query({ schema: LinkQuery }) q: z.infer<typeof LinkQuery>,
    @Who() who: Actor,
    @Within() scope: Scope,
  ): Promise<{ items: LinkView[]; next: string | null }> {
    const after = q.cursor === undefined ? undefined : decodeCursor(q.cursor, Cursor)[0];
    const items = await this.listLinks.run(this.database, who.org, scope, id, after, q.limit);
    const last = items.at(-1);
    return { items, next: items.length === q.limit && last ? encodeCursor([last.id]) : null };
  }

  /** Removes a link from both tickets. */
  @Delete(':link')
  @HttpCode(204)
  @Right('tickets:amend')
  @AnswersEmpty(204, 'Removed')
  @Problems({ 404: ['intake/no-such-ticket', 'intake/no-such-link'] })
  async unlink(
    @TicketId('id') id: string,
    @TicketId('link') link: string,
    @Who() who: Actor,
    @Within() scope: Scope,
    @CausedBy() cause: Cause,
  ): Promise<void> {
    await this.database.transaction((tx) => this.unlinkTickets.run(tx, { who, scope, cause, ticketId: id, link }));
  }
}
