import { Injectable } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Queries } from '@gongdan/platform';
import { type Clock, type ClockState } from '../domain/clock.js';
import { CLOCK, type ClockRow, ownedClockOf } from './clock-columns.js';

export interface ClockFilter {
  /** Running and paused clocks when it is missing. */
  state?: ClockState | undefined;
  dueBefore?: string | undefined;
  breached?: boolean | undefined;
  unit?: string | undefined;
  /** The units that the caller reaches. */
  scope: Scope;
}

/** Where a page of the list ended. */
export interface ClockPlace {
  dueAt: string;
  ticketId: string;
  key: string;
}

export type ListedClock = Clock & { number: string; unit: string | null };

/** Rows that a gauge counts at most; it bounds the cost of a scrape. */
const MOST_COUNTED = 100_000;

export interface OpenClocks {
  state: 'running' | 'paused';
  overdue: boolean;
  clocks: number;
}

@Injectable()
export class ClockListsStore {
  /** Soonest due first, after the cursor. Indexes: clocks_at_risk for open clocks, clocks_over for the others. */
  async list(db: Queries, org: string, f: ClockFilter, after: ClockPlace | undefined, limit: number): Promise<ListedClock[]> {
    const rows = await db.rows<ClockRow & { ticketNumber: string; ticketUnit: string | null }>(
      `select ${CLOCK.select('c')}, t.number as "ticketNumber", t.unit as "ticketUnit"
       from clocks c join sla_tickets t on t.org = c.org and t.id = c.ticket_id
       where c.org = $1 and c.state = any ($2::text[]) and ($3::timestamptz is null or c.due_at < $3) and ($4::boolean is null or (c.breached_at is not null) = $4)
         and ($5::text is null or t.unit = $5) and ($10::boolean or t.unit = any ($11::text[])) and ($6::timestamptz is null or (c.due_at, c.ticket_id, c.key) > ($6, $7::uuid, $8))
       order by c.due_at, c.ticket_id, c.key limit $9`,
      [
        org,
        f.state === undefined ? ['running', 'paused'] : [f.state],
        f.dueBefore ?? null,
        f.breached ?? null,
        f.unit ?? null,
        after?.dueAt ?? null,
        after?.ticketId ?? null,
        after?.key ?? null,
        limit,
        f.scope.all,
        f.scope.units,
      ],
    );
    return rows.map(({ ticketNumber, ticketUnit, ...row }) => ({ ...ownedClockOf(row).clock, number: ticketNumber, unit: ticketUnit }));
  }

  /** Over all organisations. Index: clocks_at_risk. */
  openClocks(db: Queries): Promise<OpenClocks[]> {
    return db.rows<OpenClocks>(
      `select state, overdue, count(*)::int as clocks
       from (select state, breached_at is not null as overdue from clocks where state in ('running', 'paused') limit ${MOST_COUNTED}) c group by state, overdue`,
    );
  }
}
