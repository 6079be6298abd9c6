import { Controller, Get, Param, Query } from '@nestjs/common';
import { compileCalendar, holidayCoverage } from '@gongdan/business-time';
import { type Scope } from '@gongdan/directory';
import { type Actor, NotFound } from '@gongdan/kernel';
import { PackRegistry } from '@gongdan/messaging';
import { Answers, Database, decodeCursor, encodeCursor, line, Right, SystemClock, TicketId, Who, Within } from '@gongdan/platform';
import { type z } from 'zod';
import { ReadClocks } from '../use-cases/read-clocks.js';
import { CalendarsAnswer, ClocksAnswer, Cursor, ListQuery, TicketClocksAnswer, viewOf } from './shapes.js';

/** Promises: those of one ticket, and those at risk. */
@Controller('v1')
export class ClocksController {
  constructor(
    private readonly database: Database,
    private readonly clocks: ReadClocks,
    private readonly packs: PackRegistry,
    private readonly clock: SystemClock,
  ) {}

  /** Lists the clocks of one ticket. 404 for a ticket that this organisation does not have, or that the caller does not reach. */
  @Get('tickets/:id/clocks')
  @Right('clocks:read')
  @Answers(200, TicketClocksAnswer, 'The clocks of the ticket, oldest start first')
  async ofTicket(@TicketId('id') id: string, @Who() who: Actor, @Within() scope: Scope): Promise<z.infer<typeof TicketClocksAnswer>> {
    return { items: (await this.clocks.ofTicket(this.database, who.org, scope, id)).map(viewOf) };
  }

  /** Lists clocks, soonest due first. Without `state` the list holds open clocks, running and paused. The client follows `next` until it is null. */
  @Get('clocks')
  @Right('clocks:read')
  @Answers(200, ClocksAnswer, 'A page of clocks')
  async list(
    @Query({ schema: ListQuery }) q: z.infer<typeof ListQuery>,
    @Who() who: Actor,
    @Within() scope: Scope,
  ): Promise<z.infer<typeof ClocksAnswer>> {
    const at = q.cursor === undefined ? undefined : decodeCursor(q.cursor, Cursor);
    const rows = await this.clocks.list(
      this.database,
      who.org,
      { ...q, scope },
      at && { dueAt: at[0], ticketId: at[1], key: at[2] },
      q.limit,
    );
    const last = rows.at(-1);
    return {
      items: rows.map((r) => ({ ...viewOf(r), number: r.number, unit: r.unit })),
      next: rows.length === q.limit && last ? encodeCursor([last.dueAt, last.ticketId, last.key]) : null,
    };
  }

  /** Lists the calendars of a pack in force. `covered` is false for a year whose holidays have not been announced yet (SL-05). */
  @Get('calendars/:pack')
  @Right('clocks:read')
  @Answers(200, CalendarsAnswer, 'The calendars of the newest version of the pack')
  async calendars(@Param('pack', { schema: line(60) }) key: string, @Who() who: Actor): Promise<z.infer<typeof CalendarsAnswer>> {
    const found = await this.packs.inForce(who.org, key);
    if (!found) throw new NotFound('sla/no-such-pack');
    const year = Number(this.clock.now().slice(0, 4));
    return {
      items: found.pack.sla.calendars.map((calendar) => {
        const compiled = compileCalendar(calendar);
        return { calendar: { ...calendar }, years: [year, year + 1].map((y) => ({ year: y, covered: holidayCoverage(compiled, y) })) };
      }),
    };
  }
}
