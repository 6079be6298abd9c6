import { Injectable } from '@nestjs/common';
import { type Queries, type Row, type SqlValue } from '@gongdan/platform';
import { type Freshness } from '../domain/freshness.js';
import { type Dimension, type Figures, type PROPERTIES, type SPANS } from '../domain/figures.js';
import { FRESHNESS, freshnessOf, type FreshnessRow } from './freshness.js';
import { isClosed, type Search, whereOf } from './search.js';

const COLUMNS: Readonly<Record<(typeof PROPERTIES)[number], string>> = {
  all: `'all'`,
  unit: 't.unit',
  category: 't.category',
  type: 't.type',
  channel: 't.channel',
  priority: 't.priority',
  state: 't.state',
  area: 't.area',
  judgedUnit: 't.judged_unit',
  judgedClass: 't.judged_class',
};
const FORMATS: Readonly<Record<(typeof SPANS)[number], string>> = { day: 'YYYY-MM-DD', month: 'YYYY-MM' };

@Injectable()
export class FiguresStore {
  /** The largest `limit` groups by number of tickets, and how many groups there are. Counted from the rows at each call: there is no counter that could drift. */
  async count(
    q: Queries,
    org: string,
    dimension: Dimension,
    zone: string,
    search: Search,
    limit: number,
  ): Promise<{ items: Figures[]; groups: number; freshness: Freshness }> {
    const where = whereOf(org, search);
    const params: SqlValue[] = [...where.params];
    const bind = (value: SqlValue): string => `$${params.push(value)}`;
    const rows = await q.rows<FreshnessRow & Figures & { groups: number | null } & Row>(
      `with t as (select * from ticket_rows where ${where.sql}),
       c as (select c.ticket_id, count(*) filter (where c.outcome is not null) as ended, count(*) filter (where c.outcome = 'met') as kept
             from clock_rows c where c.org = $1 group by c.ticket_id),
       g as (
         select ${expressionOf(dimension, zone, bind)} as key, count(*)::int as total,
                count(*) filter (where not t.${isClosed})::int as open,
                count(*) filter (where t.${isClosed})::int as closed,
                count(*) filter (where t.closed_at > t.due_at)::int as "closedAfterDue",
                coalesce(sum(c.ended), 0)::int as promises, coalesce(sum(c.kept), 0)::int as kept,
                (sum(c.kept) / nullif(sum(c.ended), 0))::float8 as "onTimeRate",
                sum(t.breaches)::int as breaches, sum(t.returns)::int as returns, sum(t.reopens)::int as reopens, sum(t.urges)::int as urges,
                percentile_cont(0.5) within group (order by extract(epoch from t.closed_at - t.registered_at) / 86400)
                  filter (where t.closed_at is not null) as "medianDaysOpen",
                (count(*) over ())::int as groups
         from t left join c on c.ticket_id = t.id
         group by 1 order by total desc, key limit ${bind(limit)}
       )
       select f.*, g.* from ${FRESHNESS} f left join g on true order by g.total desc, g.key`,
      params,
    );
    const items = rows.flatMap((row) => {
      const { asOf: _, incompleteBecause: __, groups, ...figures } = row;
      return groups === null ? [] : [figures];
    });
    return { items, groups: rows[0]?.groups ?? 0, freshness: freshnessOf(rows[0]) };
  }
}

function expressionOf(dimension: Dimension, zone: string, bind: (value: SqlValue) => string): string {
  switch (dimension.kind) {
    case 'property':
      return COLUMNS[dimension.property];
    case 'span':
      return `to_char(t.registered_at at time zone ${bind(zone)}::text, '${FORMATS[dimension.span]}')`;
    case 'attribute':
      return `t.attributes->>${bind(dimension.key)}::text`;
  }
}
