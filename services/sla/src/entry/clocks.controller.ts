import { Controller, Get, Param, Query } from '@nestjs/common';
import { compileCalendar, holidayCoverage } from '@gongdan/business-time';
import { type Actor, NotFound } from '@gongdan/kernel';
import { PackRegistry } from '@gongdan/messaging';
import { decodeCursor, encodeCursor, Right, SystemClock, TicketId, Who, instantInput } from '@gongdan/platform';
import { z } from 'zod';
import { type Clock } from '../domain/clock.js';
import { ReadClocks } from '../use-cases/read-clocks.js';

const ListQuery = z.strictObject({
  state: z.enum(['running', 'paused', 'stopped', 'cancelled']).optional(),
  dueBefore: instantInput.optional(),
  breached: z.enum(['true', 'false']).transform((v) => v === 'true').optional(), // prettier-ignore
  unit: z.string().max(120).optional(),
  cursor: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
const Cursor = z.tuple([z.string(), z.uuid(), z.string()]);

/** A clock as callers see it. */
export interface ClockView {
  ticketId: string;
  clock: string;
  state: string;
  gen: number;
  kind: string;
  calendar: string | null;
  startedAt: string;
  dueAt: string;
  pausedAt: string | null;
  pausedMs: number;
  breachedAt: string | null;
  endedAt: string | null;
  outcome: string | null;
}

/** Promises: of a ticket, and those at risk. */
@Controller('v1')
export class ClocksController {
  constructor(
    private readonly clocks: ReadClocks,
    private readonly packs: PackRegistry,
    private readonly clock: SystemClock,
  ) {}

  /** The promises of one ticket. */
  @Get('tickets/:id/clocks')
  @Right('clocks:read')
  async ofTicket(@TicketId('id') id: string, @Who() who: Actor): Promise<{ items: ClockView[] }> {
    return { items: (await this.clocks.ofTicket(who.org, id)).map(viewOf) };
  }

  /** Soonest due first: what a supervisor watches. Without `state` the open ones, running and paused. Follow `next`. */
  @Get('clocks')
  @Right('clocks:read')
  async list(
    @Query({ schema: ListQuery }) q: z.infer<typeof ListQuery>,
    @Who() who: Actor,
  ): Promise<{ items: (ClockView & { number: string; unit: string | null })[]; next: string | null }> {
    const at = q.cursor === undefined ? undefined : decodeCursor(q.cursor, Cursor);
    const rows = await this.clocks.list(who.org, q, at && { dueAt: at[0], ticketId: at[1], key: at[2] }, q.limit);
    const last = rows.at(-1);
    return {
      items: rows.map((r) => ({ ...viewOf(r), number: r.number, unit: r.unit })),
      next: rows.length === q.limit && last ? encodeCursor([last.dueAt, last.ticketId, last.key]) : null,
    };
  }

  /** The calendars of a pack in force; `covered` is false for a year nobody has announced holidays for (SL-05). */
  @Get('calendars/:pack')
  @Right('clocks:read')
  calendars(
    @Param('pack') key: string,
    @Who() who: Actor,
  ): { items: { calendar: unknown; years: { year: number; covered: boolean }[] }[] } {
    const found = this.packs.current(who.org, key);
    if (!found) throw new NotFound('sla/no-such-pack');
    const year = Number(this.clock.now().slice(0, 4));
    return {
      items: found.pack.sla.calendars.map((calendar) => {
        const compiled = compileCalendar(calendar);
        return { calendar, years: [year, year + 1].map((y) => ({ year: y, covered: holidayCoverage(compiled, y) })) };
      }),
    };
  }
}

function viewOf(c: Clock): ClockView {
  return {
    ticketId: c.ticketId, clock: c.key, state: c.state, gen: c.gen, kind: c.kind, calendar: c.calendar ?? null, startedAt: c.startedAt, dueAt: c.dueAt,
    pausedAt: c.pausedAt ?? null, pausedMs: c.pausedMs, breachedAt: c.breachedAt ?? null, endedAt: c.endedAt ?? null, outcome: c.outcome ?? null,
  }; // prettier-ignore
}
