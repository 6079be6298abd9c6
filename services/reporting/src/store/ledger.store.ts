import { Injectable } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { type Queries, type Row, type SqlValue } from '@gongdan/platform';
import { type Freshness } from '../domain/freshness.js';
import { type LedgerDimension, type LedgerSum } from '../domain/ledger.js';
import { FRESHNESS, freshnessOf, type FreshnessRow } from './freshness.js';

/** Every condition is optional; an entry must meet all that are given. */
export interface LedgerSearch {
  account?: string | undefined;
  item?: string | undefined;
  unit?: string | undefined;
  person?: string | undefined;
  /** Made at or after `from` and before `to`. */
  from?: string | undefined;
  to?: string | undefined;
  /** The units that the caller reaches. */
  scope: Scope;
}

// A sum beyond the range of a double would fail the whole answer.
const QUANTITY = 'least(greatest(sum(l.quantity), -1e308), 1e308)::float8';

@Injectable()
export class LedgerStore {
  /** The sums of each account, the largest first and months in their order; all of them without `limit`. Added up from the entries at each call, in decimal. */
  async sum(
    q: Queries,
    org: string,
    by: LedgerDimension,
    zone: string,
    search: LedgerSearch,
    limit: number | undefined,
  ): Promise<{ sums: LedgerSum[]; groups: number; freshness: Freshness }> {
    const params: SqlValue[] = [org];
    const bind = (value: SqlValue): string => `$${params.push(value)}`;
    const parts = ['l.org = $1'];
    if (search.account !== undefined) parts.push(`l.account = ${bind(search.account)}`);
    if (search.item !== undefined) parts.push(`l.item = ${bind(search.item)}`);
    if (search.unit !== undefined) parts.push(`l.unit = ${bind(search.unit)}`);
    if (search.person !== undefined) parts.push(`l.person = ${bind(search.person)}`);
    if (search.from !== undefined) parts.push(`l.at >= ${bind(search.from)}::timestamptz`);
    if (search.to !== undefined) parts.push(`l.at < ${bind(search.to)}::timestamptz`);
    if (!search.scope.all) parts.push(`l.unit = any (${bind(search.scope.units)}::text[])`);
    const key = by === 'month' ? `to_char(l.at at time zone ${bind(zone)}::text, 'YYYY-MM')` : `l.${by}`;
    const order = by === 'month' ? 'account, key' : 'account, quantity desc, key';
    const rows = await q.rows<FreshnessRow & LedgerSum & { groups: number | null } & Row>(
      `with s as (
         select l.account, ${key} as key, ${QUANTITY} as quantity, count(*)::int as entries, (count(*) over ())::int as groups
         from ledger_entries l where ${parts.join(' and ')}
         group by 1, 2 order by ${order} limit ${bind(limit ?? null)}::int
       )
       select f.*, s.* from ${FRESHNESS} f left join s on true order by ${order}`,
      params,
    );
    const sums = rows.flatMap(({ account, key: value, quantity, entries, groups }) =>
      groups === null ? [] : [{ account, key: value, quantity, entries }],
    );
    return { sums, groups: rows[0]?.groups ?? 0, freshness: freshnessOf(rows[0]) };
  }
}
