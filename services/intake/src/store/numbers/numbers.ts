import { type Tx } from '@gongdan/platform';

/** The next counts of a series, ascending, one per ticket: from a sequence, or from the locked counter of a series that skips nothing. */
export async function takeCounts(tx: Tx, org: string, series: string, gapFree: boolean, count: number): Promise<number[]> {
  const rows = await tx.rows<{ n: number }>(
    gapFree
      ? `with c as (insert into number_counters as c (org, series, last) values ($1, $2, $3::int) on conflict (org, series) do update set last = c.last + $3::int returning last)
         select generate_series(last - $3::int + 1, last) as n from c`
      : 'select gongdan_next_number($1, $2) as n from generate_series(1, $3::int)',
    [org, series, count],
  );
  return rows.map((r) => r.n);
}
