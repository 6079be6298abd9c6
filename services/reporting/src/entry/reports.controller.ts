import { Body, Controller, Get, Header, HttpCode, type MessageEvent, Param, Post, Query, Res, Sse, StreamableFile } from '@nestjs/common';
import { type Actor, NotFound } from '@gongdan/kernel';
import { decodeCursor, encodeCursor, Fanout, Right, TicketId, TokenEnd, Who } from '@gongdan/platform';
import { type FastifyReply } from 'fastify';
import { interval, map, merge, Observable, takeUntil } from 'rxjs';
import { z } from 'zod';
import { type TicketRow } from '../projections/ticket-row.js';
import { CountTickets, type Figures } from '../use-cases/count-tickets.js';
import { ExportTickets } from '../use-cases/export-tickets.js';
import { liveChannel } from '../use-cases/project-events.js';
import { Rebuild, type RebuildState } from '../use-cases/rebuild.js';
import { SearchTickets } from '../use-cases/search-tickets.js';

const word = z.string().min(1).max(200);
const filter = {
  number: word.optional(),
  state: word.optional(),
  open: z.enum(['true', 'false']).transform((v) => v === 'true').optional(), // prettier-ignore
  unit: word.optional(),
  category: word.optional(),
  type: word.optional(),
  channel: word.optional(),
  source: word.optional(),
  text: z.string().min(1).max(200).refine((t) => !t.includes('\u0000'), 'must not hold NUL').optional(), // prettier-ignore
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
};
const SearchQuery = z.strictObject({
  ...filter,
  cursor: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
const ExportQuery = z.strictObject(filter);
const StatsQuery = z.strictObject({
  ...filter,
  by: z.string().regex(/^[a-z]+(\.[\w-]{1,60})?$/).default('all'), // prettier-ignore
  zone: z.string().max(60).refine(isZone, 'is not an IANA time zone').default('Asia/Shanghai'), // prettier-ignore
});
const Cursor = z.tuple([z.string(), z.uuid()]);
const RebuildBody = z.strictObject({}).optional();

function isZone(zone: string): boolean {
  return Intl.supportedValuesOf('timeZone').includes(zone) || zone === 'UTC';
}

/** What happened, to whom, and how often: read by the monitor, the analyst and BI. */
@Controller('v1')
export class ReportsController {
  constructor(
    private readonly searchTickets: SearchTickets,
    private readonly countTickets: CountTickets,
    private readonly exportTickets: ExportTickets,
    private readonly rebuild: Rebuild,
    private readonly fanout: Fanout,
  ) {}

  /** Everything ever said about a ticket, in order, with its row and its promises. */
  @Get('tickets/:id/history')
  @Right('reports:read')
  history(@TicketId('id') id: string, @Who() who: Actor) {
    return this.searchTickets.history(who.org, id);
  }

  /** Search by number, state, unit, category, text, time; newest first; follow `next`. */
  @Get('search')
  @Right('reports:read')
  async search(
    @Query({ schema: SearchQuery }) q: z.infer<typeof SearchQuery>,
    @Who() who: Actor,
  ): Promise<{ items: TicketRow[]; next: string | null }> {
    const { cursor, limit, ...search } = q;
    const at = cursor === undefined ? undefined : decodeCursor(cursor, Cursor);
    const items = await this.searchTickets.page(who.org, search, at && { at: at[0], id: at[1] }, limit);
    const last = items.at(-1);
    return { items, next: items.length === limit && last?.registered_at ? encodeCursor([last.registered_at, last.id]) : null };
  }

  /** Counts and on-time rates by unit, category, type, channel, priority, state, area, day, month or attribute.<key>. */
  @Get('stats')
  @Right('reports:read')
  async stats(@Query({ schema: StatsQuery }) q: z.infer<typeof StatsQuery>, @Who() who: Actor): Promise<{ by: string; items: Figures[] }> {
    const { by, zone, ...search } = q;
    return { by, items: await this.countTickets.run(who.org, by, search, zone) };
  }

  /** The result of a search as CSV (UTF-8 with BOM); cells are inert in spreadsheets. */
  @Get('export.csv')
  @Right('reports:read')
  @Header('content-type', 'text/csv; charset=utf-8')
  @Header('content-disposition', 'attachment; filename="tickets.csv"')
  async export(@Query({ schema: ExportQuery }) q: z.infer<typeof ExportQuery>, @Who() who: Actor): Promise<StreamableFile> {
    return new StreamableFile(await this.exportTickets.run(who.org, q));
  }

  /** Server-sent events: what changes in the caller's organisation, as it happens, until the token ends. May lose updates; a client refetches on reconnect. */
  @Sse('live')
  @Right('live:read')
  live(
    @Who() who: Actor,
    @TokenEnd() tokenEnd: Observable<unknown>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Observable<MessageEvent> {
    reply.header('x-accel-buffering', 'no');
    const updates = new Observable<MessageEvent>((subscriber) =>
      this.fanout.subscribe(liveChannel(who.org), (text) => subscriber.next({ type: 'ticket', data: text })),
    );
    // A comment line every 15 s would do, but Nest only writes events: proxies close silent connections after 60 s.
    return merge(updates, interval(15_000).pipe(map(() => ({ type: 'beat', data: '' })))).pipe(takeUntil(tokenEnd));
  }

  /** Empties every table of this service and derives it again from the stream. */
  @Post('rebuild')
  @HttpCode(202)
  @Right('reports:rebuild')
  startRebuild(@Body({ schema: RebuildBody }) _: unknown, @Who() who: Actor): Promise<RebuildState> {
    return this.rebuild.start(who.id);
  }

  /** How far a rebuild is: `finishedAt` is null while it goes on. */
  @Get('rebuild/:id')
  @Right('reports:rebuild')
  async rebuildState(@Param('id') id: string): Promise<RebuildState> {
    if (!z.uuid().safeParse(id).success) throw new NotFound('reporting/no-such-rebuild');
    return this.rebuild.state(id);
  }
}
