import { Body, Controller, Get, Headers, HttpCode, Ip, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { type Actor, type Cause, Invalid } from '@gongdan/kernel';
import { Answers, CausedBy, Database, decodeCursor, encodeCursor, etagOf, ifMatch, Public, Right, TicketId, Who } from '@gongdan/platform';
import { type FastifyReply } from 'fastify';
import { z } from 'zod';
import { AmendTicket } from '../use-cases/tickets/amend-ticket.js';
import { GetPublicStatus, type PublicStatus } from '../use-cases/tickets/public-status.js';
import { ReadTickets } from '../use-cases/tickets/read-tickets.js';
import { RegisterTicket } from '../use-cases/tickets/register-ticket.js';
import { type TicketView } from '../use-cases/tickets/ticket-view.js';
import { WithdrawTicket } from '../use-cases/tickets/withdraw-ticket.js';
import { AmendBody, ListQuery, RegisterBody, RegisteredAnswer, StatusQuery, WithdrawBody } from './ticket-bodies.js';

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
  ) {}

  /**
   * Registers a ticket. With an Idempotency-Key (IETF draft-07) a repetition answers as the first time did; the same key with another body
   * is 422, and while the first is still running 409.
   */
  @Post()
  @Right('tickets:create')
  @Answers(201, RegisteredAnswer, 'Registered; the same answer for a repetition')
  async register(
    @Body({ schema: RegisterBody }) body: z.infer<typeof RegisterBody>,
    @Headers('idempotency-key') key: string | undefined,
    @Who() who: Actor,
    @CausedBy() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Record<string, unknown>> {
    const { contact, pack, source, externalKey, ...draft } = body;
    const done = await this.registerTicket.run({ who, cause, draft, contact, pack, source, externalKey, idempotencyKey: keyOf(key) });
    reply.header('location', `/v1/tickets/${String(done.answer['id'])}`).header('etag', etagOf(Number(done.answer['version'])));
    if (!done.fresh) reply.header('idempotency-replayed', 'true');
    return done.answer;
  }

  /** One ticket; the contact is masked. */
  @Get(':id')
  @Right('tickets:read')
  async read(@TicketId('id') id: string, @Who() who: Actor, @Res({ passthrough: true }) reply: FastifyReply): Promise<TicketView> {
    const view = await this.readTickets.one(who.org, id);
    reply.header('etag', etagOf(view.version));
    return view;
  }

  /** Newest first; follow `next` until it is null. */
  @Get()
  @Right('tickets:read')
  async list(
    @Query({ schema: ListQuery }) q: z.infer<typeof ListQuery>,
    @Who() who: Actor,
  ): Promise<{ items: TicketView[]; next: string | null }> {
    const { cursor, limit, state, ...filter } = q;
    const at = cursor === undefined ? undefined : decodeCursor(cursor, Cursor);
    const items = await this.database.transaction((tx) =>
      this.readTickets.list(tx, who.org, { ...filter, registration: state }, at && { at: at[0], id: at[1] }, limit),
    );
    const last = items.at(-1);
    return { items, next: items.length === limit && last ? encodeCursor([last.registeredAt, last.id]) : null };
  }

  /** Corrects a ticket until the next step has taken it; then 409 (P33). */
  @Patch(':id')
  @Right('tickets:amend')
  async amend(
    @TicketId('id') id: string,
    @Body({ schema: AmendBody }) body: z.infer<typeof AmendBody>,
    @Headers('if-match') match: string | undefined,
    @Who() who: Actor,
    @CausedBy() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TicketView> {
    const { contact, ...change } = body;
    const saved = await this.database.transaction((tx) =>
      this.amendTicket.run(tx, { who, cause, ticketId: id, expectedVersion: ifMatch(match), change, contact }),
    );
    reply.header('etag', etagOf(saved.version));
    return this.readTickets.view(saved);
  }

  /** The complainant takes the ticket back. */
  @Post(':id/withdraw')
  @HttpCode(200)
  @Right('tickets:withdraw')
  async withdraw(
    @TicketId('id') id: string,
    @Body({ schema: WithdrawBody }) body: z.infer<typeof WithdrawBody>,
    @Headers('if-match') match: string | undefined,
    @Who() who: Actor,
    @CausedBy() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TicketView> {
    const saved = await this.database.transaction((tx) =>
      this.withdrawTicket.run(tx, { who, cause, ticketId: id, expectedVersion: ifMatch(match), reason: body.reason }),
    );
    reply.header('etag', etagOf(saved.version));
    return this.readTickets.view(saved);
  }
}

/** A structured-field string ("…", RFC 8941); unquoted values of older clients are taken too. */
function keyOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const key = /^"((?:[ !#-[\]-~]|\\["\\])+)"$/.exec(header)?.[1] ?? (/^[\w.:@/+=-]+$/.test(header) ? header : undefined);
  if (key === undefined || key.length > 255) {
    throw new Invalid('intake/bad-idempotency-key', {
      violations: [{ pointer: 'Idempotency-Key', detail: 'must be a quoted string of 1 to 255 visible ASCII characters' }],
    });
  }
  return key;
}

/** What a complainant may ask without a login. */
@Controller('v1/public')
export class PublicStatusController {
  constructor(private readonly status: GetPublicStatus) {}

  /** State by number and phone tail; a wrong tail answers exactly like an unknown number (P08). */
  @Get(':org/tickets/:number')
  @Public('the number and the phone tail are the credential; wrong tails are limited per number and per client address')
  read(
    @Param('org') org: string,
    @Param('number') number: string,
    @Query({ schema: StatusQuery }) query: z.infer<typeof StatusQuery>,
    @Ip() address: string,
  ): Promise<PublicStatus> {
    return this.status.run(org, number, query.tail, address);
  }
}
