import { Injectable } from '@nestjs/common';
import { NotFound } from '@gongdan/kernel';
import { Database } from '@gongdan/platform';
import { type Clock } from '../domain/clock.js';
import { type ClockFilter, type ClockPlace, ClocksStore, type ListedClock } from '../store/clocks.store.js';

/** Promises as they stand. */
@Injectable()
export class ReadClocks {
  constructor(
    private readonly database: Database,
    private readonly store: ClocksStore,
  ) {}

  /** Throws NotFound for a ticket this organisation has no promise for. */
  async ofTicket(org: string, ticketId: string): Promise<Clock[]> {
    if (!(await this.store.knows(this.database, org, ticketId))) throw new NotFound('sla/no-such-ticket');
    return (await this.store.clocksOf(this.database, [{ org, ticketId }])).map((o) => o.clock);
  }

  /** Soonest due first, from `after` on. */
  list(org: string, filter: ClockFilter, after: ClockPlace | undefined, limit: number): Promise<ListedClock[]> {
    return this.store.list(this.database, org, filter, after, limit);
  }
}
