import { Controller, Get, Query, Res, StreamableFile } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Actor } from '@gongdan/kernel';
import { Answers, AnswersText, decodeCursor, encodeCursor, Right, TicketId, Who, Within } from '@gongdan/platform';
import { type FastifyReply } from 'fastify';
import { z } from 'zod';
import { type ClockRow } from '../projections/clock-row.js';
import { type TicketRow } from '../projections/ticket-row.js';
import { CountTickets } from '../use-cases/count-tickets.js';
import { ExportTickets } from '../use-cases/export-tickets.js';
import { SearchTickets, type TicketHistory } from '../use-cases/search-tickets.js';
import { ExportQuery, HistoryAnswer, HistoryCursor, HistoryQuery, SearchAnswer, SearchCursor, SearchQuery, StatsAnswer, StatsQuery } from './shapes.js'; // prettier-ignore

type Answer<Schema extends z.ZodType> = z.infer<Schema>;

/** Histories, searches and figures: for the monitor, the analyst and BI. */
@Controller('v1')
export class ReportsController {
  constructor(
    private readonly searchTickets: SearchTickets,
    private readonly countTickets: CountTickets,
    private readonly exportTickets: ExportTickets,
  ) {}

  /** A ticket with its clocks and every event about it, without the fields that the forms of its pack do not show to the caller's roles. Answers 503 when a rebuild may not have reached the ticket yet. */
  @Get('tickets/:id/history')
  @Right('reports:read')
  @Answers(200, HistoryAnswer, 'The ticket and a page of its events')
  async history(
    @TicketId('id') id: string,
    @Query({ schema: HistoryQuery }) q: z.infer<typeof HistoryQuery>,
    @Who() who: Actor,
    @Within() scope: Scope,
  ): Promise<Answer<typeof HistoryAnswer>> {
    const [after = 0] = q.cursor === undefined ? [] : decodeCursor(q.cursor, HistoryCursor);
    const { ticket, clocks, events, ...freshness } = await this.searchTickets.history(who, scope, id, after, q.limit);
    const last = events.at(-1);
    return {
      ...freshness,
      ticket: ticketView(ticket),
      clocks: clocks.map(clockView),
      history: events.map(eventView),
      next: events.length === q.limit && last ? encodeCursor([last.n]) : null,
    };
  }

  /** Tickets that meet all conditions, the newest first; follow `next`. */
  @Get('search')
  @Right('reports:read')
  @Answers(200, SearchAnswer, 'A page of tickets')
  async search(
    @Query({ schema: SearchQuery }) q: z.infer<typeof SearchQuery>,
    @Who() who: Actor,
    @Within() scope: Scope,
  ): Promise<Answer<typeof SearchAnswer>> {
    const { cursor, limit, ...search } = q;
    const at = cursor === undefined ? undefined : decodeCursor(cursor, SearchCursor);
    const { tickets, freshness } = await this.searchTickets.page(who.org, { ...search, scope }, at && { at: at[0], id: at[1] }, limit);
    const last = tickets.at(-1);
    return {
      ...freshness,
      items: tickets.map(ticketView),
      next: tickets.length === limit && last?.registeredAt ? encodeCursor([last.registeredAt, last.id]) : null,
    };
  }

  /** Counts and on-time rates of the tickets that meet all conditions, by one dimension. */
  @Get('stats')
  @Right('reports:read')
  @Answers(200, StatsAnswer, 'Figures of each group')
  stats(
    @Query({ schema: StatsQuery }) q: z.infer<typeof StatsQuery>,
    @Who() who: Actor,
    @Within() scope: Scope,
  ): Promise<Answer<typeof StatsAnswer>> {
    const { by, zone, limit, ...search } = q;
    return this.countTickets.run(who.org, by, zone, { ...search, scope }, limit);
  }

  /**
   * The result of a search as CSV (UTF-8 with BOM). No cell is a formula in a spreadsheet. The headers `x-gongdan-as-of` and `x-gongdan-complete`
   * state how far it can be trusted, like `asOf` and `complete` elsewhere.
   */
  @Get('export.csv')
  @Right('reports:read')
  @AnswersText(200, 'text/csv', 'One line per ticket, the newest first', {
    headers: {
      'content-disposition': 'Name of the file',
      'x-gongdan-as-of': "Instant of the database's clock at which the export began",
      'x-gongdan-complete': 'false while published events are known to be missing',
    },
  })
  async export(
    @Query({ schema: ExportQuery }) q: z.infer<typeof ExportQuery>,
    @Who() who: Actor,
    @Within() scope: Scope,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    const { csv, freshness } = await this.exportTickets.run(who.org, { ...q, scope });
    reply.headers({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="tickets.csv"',
      'x-gongdan-as-of': freshness.asOf,
      'x-gongdan-complete': String(freshness.complete),
    });
    return new StreamableFile(csv);
  }
}

function ticketView(row: TicketRow): Answer<typeof SearchAnswer>['items'][number] {
  const { org: _, ...ticket } = row;
  return ticket;
}

function clockView(row: ClockRow): Answer<typeof HistoryAnswer>['clocks'][number] {
  const { org: _, ticketId: __, ...clock } = row;
  return clock;
}

function eventView(e: TicketHistory['events'][number]): Answer<typeof HistoryAnswer>['history'][number] {
  return {
    eventId: e.eventId,
    producer: e.producer,
    seq: e.seq,
    name: e.name,
    version: e.version,
    occurredAt: e.occurredAt,
    actor: { id: e.actorId, name: e.actorName },
    causationId: e.causationId,
    correlationId: e.correlationId,
    data: e.data,
  };
}
