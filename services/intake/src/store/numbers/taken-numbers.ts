import { type Queries } from '@gongdan/platform';
import { type NumberPlan } from '../../domain/numbering.js';

// The sequence of a series may have been created by the statement that failed, and rolled back with it: taking a number creates it again.
const LAST = `
  select case when $3::boolean then coalesce((select last from number_counters where org = $1::text and series = $2::text), 0) else gongdan_next_number($1::text, $2::text) end as last`;

// The last count of the run of existing numbers that the next count is in. Reads all numbers of the organisation.
const RUN = `
  with written as (
    select substr(number, length($2::text) + 1, length(number) - length($2::text) - length($3::text)) as digits from tickets
    where org = $1::text and starts_with(upper(number), upper($2::text)) and right(upper(number), length($3::text)) = upper($3::text)
  ), taken as materialized (
    select digits::bigint as count from written where case when digits ~ '^[0-9]{1,15}$' then length(digits) = greatest($4::int, length(digits::bigint::text)) else false end
  )
  select min(t.count) as end from taken t where t.count > $5::bigint and not exists (select from taken n where n.count = t.count + 1) and exists (select from taken n where n.count = $5::bigint + 1)`;

/**
 * Moves a series past numbers that exist already: those of another series with a similar format, or of this one under an earlier rule. A
 * gap-free series skips nothing else. It runs for a ticket whose number existed, not before every ticket.
 */
export async function passTaken(db: Queries, org: string, plan: NumberPlan, gapFree: boolean): Promise<void> {
  const { last } = (await db.one<{ last: number }>(LAST, [org, plan.series, gapFree])) ?? { last: 0 };
  const run = await db.one<{ end: number | null }>(RUN, [org, plan.before, plan.after, plan.width, last]);
  // Another request has moved the series already; the next count is free.
  if (!run || run.end === null) return;
  await db.run(
    gapFree
      ? `insert into number_counters as c (org, series, last) values ($1, $2, $3::bigint) on conflict (org, series) do update set last = excluded.last where c.last < excluded.last`
      : `select setval(s, $3::bigint) from (select ('number_' || md5($1::text || '|' || $2::text))::regclass as s) as x where pg_sequence_last_value(s) < $3::bigint`,
    [org, plan.series, run.end],
  );
}
