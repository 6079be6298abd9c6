import { Body, Controller, Get, Headers, HttpCode, Patch, Post, Query, Res } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Actor, type Cause } from '@gongdan/kernel';
import {
  Answers,
  CausedBy,
  Database,
  decodeCursor,
  encodeCursor,
  etagOf,
  ifMatch,
  Problems,
  Right,
  TicketId,
  Who,
  Within,
} from '@gongdan/platform';
import { type FastifyReply } from 'fastify';
import { z } from 'zod';
import { AmendTicket } from '../use-cases/tickets/amend-ticket.js';
import { ReadTickets } from '../use-cases/tickets/read-tickets.js';
import { RegisterTicket } from '../use-cases/tickets/register-ticket.js';
import { type TicketView } from '../domain/ticket-view.js';
import { WithdrawTicket } from '../use-cases/tickets/withdraw-ticket.js';
import { idempotencyKey } from './idempotency-key.js';
import { TicketCounter } from './ticket-counter.js';
import { RegisteredAnswer, TicketAnswer, TicketList } from './ticket-answers.js';
import { AmendBody, ListQuery, RegisterBody, WithdrawBody } from './ticket-bodies.js';

const ETAG = { etag: 'Version of the ticket' };

const Cursor = z.tuple([z.iso.datetime(), z.uuid()]);

/** Tickets as registered. */
@Controller('v1/tickets')
export class TicketsController {
  constructor(
    private readonly database: Database,
    private readonly registerTicket: RegisterTicket,
    private readonly amendTicket: AmendTicket,
    private readonly withdrawTicket: WithdrawTicket,
    private readonly readTickets: ReadTickets,
    private readonly counter: TicketCounter,
  ) {}

  /**
   * Registers a ticket. With an `Idempotency-Key` (IETF draft-07) a repetition gets the answer of the first request, with
   * `idempotency-replayed: true`; the same key with another body is 422, and 409 while the first request is still running. The same
   * `externalKey` with the same content gets the first ticket; with other content it is 409 with its id.
   */
  @Post()
  @Right('tickets:create')
  @Answers(201, RegisteredAnswer, 'Registered; a repetition gets the same answer', {
    headers: { ...ETAG, location: 'Address of the ticket', 'idempotency-replayed': '`true` for a repetition' },
  })
  @Problems({
    409: ['intake/request-in-progress', 'intake/external-key-used', 'intake/number-taken'],
    422: ['intake/no-pack', 'intake/not-in-pack', 'intake/idempotency-key-reused'],
  })
  async register(
    @Body({ schema: RegisterBody }) body: z.infer<typeof RegisterBody>,
    @Headers('idempotency-key') key: string | undefined,
    @Who() who: Actor,
    @CausedBy() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Record<string, unknown>> {
    const { contact, pack, source, externalKey, ...draft } = body;
    const done = await this.registerTicket.run({
      who,
      cause,
      draft,
      contact,
      pack,
      source,
      externalKey,
      idempotencyKey: idempotencyKey(key),
    });
    reply.header('location', `/v1/tickets/${String(done.answer['id'])}`).header('etag', etagOf(Number(done.answer['version'])));
    if (done.fresh) this.counter.registered('api', 1);
    else reply.header('idempotency-replayed', 'true');
    return done.answer;
  }

  /** One ticket; the contact is masked. */
  @Get(':id')
  @Right('tickets:read')
  @Answers(200, TicketAnswer, 'The ticket', { headers: ETAG })
  async read(
    @TicketId('id') id: string,
    @Who() who: Actor,
    @Within() scope: Scope,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TicketView> {
    const view = await this.readTickets.one(who.org, scope, id);
    reply.header('etag', etagOf(view.version));
    return view;
  }

  /** Tickets, newest first; repeat the request with `cursor` from `next` until it is null. */
  @Get()
  @Right('tickets:read')
  @Answers(200, TicketList, 'A page of tickets')
  async list(
    @Query({ schema: ListQuery }) q: z.infer<typeof ListQuery>,
    @Who() who: Actor,
    @Within() scope: Scope,
  ): Promise<{ items: TicketView[]; next: string | null }> {
    const { cursor, limit, state, ...filter } = q;
    const at = cursor === undefined ? undefined : decodeCursor(cursor, Cursor);
    const items = await this.database.transaction((tx) =>
      this.readTickets.list(tx, who.org, { ...filter, registration: state, scope }, at && { at: at[0], id: at[1] }, limit),
    );
    const last = items.at(-1);
    return { items, next: items.length === limit && last ? encodeCursor([last.registeredAt, last.id]) : null };
  }

  /** Corrects a ticket until the next step has taken it; afterwards it is 409 (P33). A contact or a place is replaced as a whole. */
  @Patch(':id')
  @Right('tickets:amend')
  @Answers(200, TicketAnswer, 'The corrected ticket', { headers: ETAG })
  @Problems({ 409: ['intake/stale-version', 'intake/already-taken'], 422: ['intake/not-in-pack'] })
  async amend(
    @TicketId('id') id: string,
    @Body({ schema: AmendBody }) body: z.infer<typeof AmendBody>,
    @Headers('if-match') match: string | undefined,
    @Who() who: Actor,
    @Within() scope: Scope,
    @CausedBy() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TicketView> {
    const { contact, ...change } = body;
    const saved = await this.database.transaction((tx) =>
      this.amendTicket.run(tx, { who, scope, cause, ticketId: id, expectedVersion: ifMatch(match), change, contact }),
    );
    reply.header('etag', etagOf(saved.version));
    return saved;
  }

  /** The complainant takes the ticket back. */
  @Post(':id/withdraw')
  @HttpCode(200)
  @Right('tickets:withdraw')
  @Answers(200, TicketAnswer, 'The withdrawn ticket', { headers: ETAG })
  @Problems({ 409: ['intake/stale-version', 'intake/illegal-move'] })
  async withdraw(
    @TicketId('id') id: string,
    @Body({ schema: WithdrawBody }) body: z.infer<typeof WithdrawBody>,
    @Headers('if-match') match: string | undefined,
    @Who() who: Actor,
    @Within() scope: Scope,
    @CausedBy() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TicketView> {
    const saved = await this.database.transaction((tx) =>
      this.withdrawTicket.run(tx, { who, scope, cause, ticketId: id, expectedVersion: ifMatch(match), reason: body.reason }),
    );
    reply.header('etag', etagOf(saved.version));
    return saved;
  }
}
