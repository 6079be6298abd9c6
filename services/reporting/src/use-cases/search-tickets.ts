import { Injectable } from '@nestjs/common';
import { inScope, type Scope } from '@gongdan/directory';
import { NotFound, Unavailable } from '@gongdan/kernel';
import { Database } from '@gongdan/platform';
import { type Freshness } from '../domain/freshness.js';
import { type ClockRow } from '../projections/clock-row.js';
import { type TicketRow } from '../projections/ticket-row.js';
import { type Search } from '../store/search.js';
import { type StoredEvent, TicketsStore } from '../store/tickets.store.js';

export interface TicketHistory extends Freshness {
  ticket: TicketRow;
  clocks: ClockRow[];
  events: StoredEvent[];
}

@Injectable()
export class SearchTickets {
  constructor(
    private readonly database: Database,
    private readonly tickets: TicketsStore,
  ) {}

  /** Newest first, after the ticket that the cursor names. */
  page(
    org: string,
    search: Search,
    after: { at: string; id: string } | undefined,
    limit: number,
  ): Promise<{ tickets: TicketRow[]; freshness: Freshness }> {
    return this.tickets.page(this.database, org, search, after, limit);
  }

  /**
   * A ticket with its clocks and a page of its events. Throws NotFound for a ticket that is unknown, of another organisation or out of the caller's
   * reach, and Unavailable while a rebuild may not have reached it.
   */
  history(org: string, scope: Scope, id: string, after: number, limit: number): Promise<TicketHistory> {
    // Both are read in one snapshot: a row from before an event would contradict a history from after it.
    return this.database.transaction(async (tx) => {
      await tx.run('set transaction isolation level repeatable read, read only');
      const { ticket, clocks, freshness } = await this.tickets.ticket(tx, org, id);
      if (!ticket && freshness.incompleteBecause.includes('rebuild'))
        throw new Unavailable('reporting/rebuilding', { details: { retryAfterS: 10 } });
      if (!ticket || !inScope(scope, ticket.unit)) throw new NotFound('reporting/no-such-ticket');
      return { ...freshness, ticket, clocks, events: await this.tickets.history(tx, org, id, after, limit) };
    });
  }
}
