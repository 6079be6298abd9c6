import { Injectable } from '@nestjs/common';
import { inScope, type Scope } from '@gongdan/directory';
import { NotFound } from '@gongdan/kernel';
import { type Queries } from '@gongdan/platform';
import { type Clock } from '../domain/clock.js';
import { type ClockFilter, ClockListsStore, type ClockPlace, type ListedClock } from '../store/clock-lists.store.js';
import { ClocksStore } from '../store/clocks.store.js';

/** Reads clocks as they are. */
@Injectable()
export class ReadClocks {
  constructor(
    private readonly clocks: ClocksStore,
    private readonly lists: ClockListsStore,
  ) {}

  /** Throws `NotFound` for a ticket that this organisation does not have, and for one out of the caller's reach. */
  async ofTicket(q: Queries, org: string, scope: Scope, ticketId: string): Promise<Clock[]> {
    const ref = { org, ticketId };
    const ticket = await this.clocks.place(q, ref);
    if (ticket === undefined || !inScope(scope, ticket.unit)) throw new NotFound('sla/no-such-ticket');
    return (await this.clocks.clocksOf(q, [ref])).map((o) => o.clock);
  }

  /** Soonest due first, behind `after`. */
  list(q: Queries, org: string, filter: ClockFilter, after: ClockPlace | undefined, limit: number): Promise<ListedClock[]> {
    return this.lists.list(q, org, filter, after, limit);
  }
}
