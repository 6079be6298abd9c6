import { Injectable } from '@nestjs/common';
import { Invalid } from '@gongdan/kernel';
import { Database, type Row, type SqlValue } from '@gongdan/platform';
import { type Search, whereOf } from '../store/search.js';

export interface Figures {
  /** Value of the dimension; null where a ticket has none. */
  key: string | null;
  total: number;
  open: number;
  closed: number;
  /** Closed after the promise the ticket came with. */
  closedAfterDue: number;
  /** Promises that ended (kept or broken), those kept, and their ratio (null when none ended). */
  promises: number;
  kept: number;
  onTimeRate: number | null;
  breaches: number;
  returns: number;
  reopens: number;
  /** Median of closing minus registration, in days; null when nothing is closed. */
  medianDaysOpen: number | null;
}

const DIMENSIONS: Record<string, (zone: string) => string> = {
  all: () => `'all'`,
  unit: () => 't.unit',
  category: () => 't.category',
  type: () => 't.type',
  channel: () => 't.channel',
  priority: () => 't.priority',
  state: () => 't.state',
  area: () => 't.area',
  day: (zone) => `to_char(t.registered_at at time zone ${zone}, 'YYYY-MM-DD')`,
  month: (zone) => `to_char(t.registered_at at time zone ${zone}, 'YYYY-MM')`,
};

/** Counts and rates straight from the rows: exact at every moment, no counter to drift. */
@Injectable()
export class CountTickets {
  constructor(private readonly database: Database) {}

  async run(org: string, by: string, search: Search, zone: string): Promise<Figures[]> {
    const where = whereOf(org, search);
    const params: SqlValue[] = [...where.params, zone];
    const dimension = by.startsWith('attribute.') ? this.attribute(by, params) : DIMENSIONS[by]?.(`$${where.params.length + 1}::text`);
    if (dimension === undefined)
      throw new Invalid('reporting/no-such-dimension', {
        violations: [{ pointer: '?by', detail: `one of ${Object.keys(DIMENSIONS).join(', ')}, attribute.<key>` }],
      });
    return this.database.rows<Figures & Row>(
      `with t as (select * from ticket_rows where ${where.sql} and $${where.params.length + 1}::text is not null),
       c as (select c.org, c.ticket_id, count(*) filter (where c.outcome is not null) as ended, count(*) filter (where c.outcome = 'met') as kept
             from clock_rows c where c.org = $1 group by c.org, c.ticket_id)
       select ${dimension} as key, count(*)::int as total,
              count(*) filter (where t.state not in ('closed', 'cancelled'))::int as open,
              count(*) filter (where t.state in ('closed', 'cancelled'))::int as closed,
              count(*) filter (where t.closed_at > t.due_at)::int as "closedAfterDue",
              coalesce(sum(c.ended), 0)::int as promises, coalesce(sum(c.kept), 0)::int as kept,
              (sum(c.kept) / nullif(sum(c.ended), 0))::float8 as "onTimeRate",
              sum(t.breaches)::int as breaches, sum(t.returns)::int as returns, sum(t.reopens)::int as reopens,
              percentile_cont(0.5) within group (order by extract(epoch from t.closed_at - t.registered_at) / 86400) filter (where t.closed_at is not null) as "medianDaysOpen"
       from t left join c on c.org = t.org and c.ticket_id = t.id
       group by 1 order by 2 desc, 1`,
      params,
    );
  }

  private attribute(by: string, params: SqlValue[]): string {
    params.push(by.slice('attribute.'.length));
    return `t.attributes->>$${params.length}`;
  }
}
