import { Injectable } from '@nestjs/common';
import { type Queries, type Row } from '@gongdan/platform';
import { type Freshness } from '../domain/freshness.js';
import { type ClockRow } from '../projections/clock-row.js';
import { type TicketRow } from '../projections/ticket-row.js';
import { CLOCK, HISTORY, type HistoryRow, TICKET } from './columns.js';
import { FRESHNESS, freshnessOf, type FreshnessRow } from './freshness.js';
import { type Search, whereOf } from './search.js';

/** A stored event; `n` is its place in the order in which events were applied. */
export type StoredEvent = Omit<HistoryRow, 'data'> & { n: number; data: Record<string, unknown> };

/** Reads of single tickets and lists of them. */
@Injectable()
export class TicketsStore {
  /** Newest first, after the ticket that the cursor names. */
  async page(
    q: Queries,
    org: string,
    search: Search,
    after: { at: string; id: string } | undefined,
    limit: number,
  ): Promise<{ tickets: TicketRow[]; freshness: Freshness }> {
    const where = whereOf(org, search);
    const n = where.params.length;
    const rows = await q.rows<FreshnessRow & TicketRow & Row>(
      `select f.*, t.* from ${FRESHNESS} f left join (
         select ${TICKET.select('ticket_rows')} from ticket_rows
         where ${where.sql} and ($${n + 1}::timestamptz is null or (registered_at, id) < ($${n + 1}, $${n + 2}::uuid))
         order by registered_at desc, id desc limit $${n + 3}
       ) t on true order by t."registeredAt" desc, t.id desc`,
      [...where.params, after?.at ?? null, after?.id ?? null, limit],
    );
    const tickets = rows.flatMap((row) => {
      const { asOf: _, incompleteBecause: __, ...ticket } = row;
      return (ticket.id as string | null) === null ? [] : [ticket];
    });
    return { tickets, freshness: freshnessOf(rows[0]) };
  }

  async ticket(q: Queries, org: string, id: string): Promise<{ ticket: TicketRow | undefined; clocks: ClockRow[]; freshness: Freshness }> {
    const row = await q.one<FreshnessRow & TicketRow & { clocks: ClockRow[] | null } & Row>(
      `select f.*, t.* from ${FRESHNESS} f left join (
         select ${TICKET.select('t')},
                (select json_agg(${CLOCK.json('c')} order by c.started_at, c.clock) from clock_rows c where c.org = t.org and c.ticket_id = t.id) as clocks
         from ticket_rows t where t.org = $1 and t.id = $2::uuid
       ) t on true`,
      [org, id],
    );
    const freshness = freshnessOf(row);
    if (!row || (row.id as string | null) === null) return { ticket: undefined, clocks: [], freshness };
    const { asOf: _, incompleteBecause: __, clocks, ...ticket } = row;
    return { ticket, clocks: clocks ?? [], freshness };
  }

  /** Events of a ticket in the order in which they were applied, after `n`. */
  history(q: Queries, org: string, id: string, after: number, limit: number): Promise<StoredEvent[]> {
    return q.rows<StoredEvent & Row>(
      `select n, ${HISTORY.select('ticket_history')} from ticket_history
       where org = $1 and ticket_id = $2::uuid and n > $3 order by n limit $4`,
      [org, id, after, limit],
    );
  }

  /** Only how far an answer can be trusted, for an answer that is streamed. */
  async freshness(q: Queries, org: string): Promise<Freshness> {
    return freshnessOf(await q.one<FreshnessRow>(`select * from ${FRESHNESS} f`, [org]));
  }
}
