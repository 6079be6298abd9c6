import { hasMissingEvents } from '@gongdan/messaging';
import { type DueTable } from './due-table.js';

// A point that waits for events. $1 partitions, $2 until when each has been applied, $3 whether its wait is over, $4 milliseconds of the wait. A point is
// reached when it is due and its partition has been applied until then, or when it has been due for the whole wait. LEAST and GREATEST ignore nulls.
const BY_PARTITION = `reach as materialized (
  select r.part, case when r.until is not null then least(now.at, r.until) end as applied,
    case when r.waited then now.at - $4::float8 * interval '1 millisecond' end as waited
  from unnest($1::smallint[], $2::timestamptz[], $3::boolean[]) as r (part, until, waited), (select gongdan_now() as at) now
)`;
const BY_TIME = 'reach as materialized (select gongdan_now() as at)';
// The alias of the points is `d`: hasMissingEvents has tables called `g` and `p` of its own.
const APPLIED = `(d.due_at <= r.applied and not ${hasMissingEvents('d.org', 'd.ticket_id')})`;
const REACHED = `d.due_at <= greatest(r.applied, r.waited) and (${APPLIED} or d.due_at <= r.waited)`;

/** Rows that a gauge counts at most; it bounds the cost of a scrape. */
const MOST_COUNTED = 100_000;

export type DueStatements = ReturnType<typeof dueStatements>;

/** The statements over one table of points. Those that claim take the parameters of the reach first, if there are any. */
export function dueStatements({ points, subject, tickets, waitsForEvents }: DueTable) {
  // Points fire in the order of their instants: while one of a subject is to be retried, the later ones of that subject wait with it. NOT IN reads the failing
  // subjects once per statement. NOT EXISTS read them for each point, because the planner learns late that there are any: 17 s with 2,000 failing clocks.
  const notFailing = `(d.org, d.ticket_id, d.${subject}) not in (select f.org, f.ticket_id, f.${subject} from ${points} f where f.failures > 0)`;
  const retriedNow = `not exists (select from ${points} f
    where f.org = d.org and f.ticket_id = d.ticket_id and f.${subject} = d.${subject} and f.failures > 0 and f.retry_at > clock_timestamp())`;
  const of = `org = $1 and ticket_id = $2::uuid and ${subject} = $3`;
  const [reach, isReached, unheard, p] = waitsForEvents
    ? [BY_PARTITION, `r.part = d.part and ${REACHED}`, `not coalesce(${APPLIED}, false)`, 5]
    : [BY_TIME, 'd.due_at <= r.at', 'false', 1];

  const take = (which: string): string => `with ${reach}, fired as (
      delete from ${points} d using unnest($${p}::text[], $${p + 1}::uuid[]) as t (org, id), reach r
      where d.org = t.org and d.ticket_id = t.id and ${which} and ${isReached} returning d.*, ${unheard} as unheard
    ) select org, ticket_id as "ticketId", ${subject} as subject, point, gen, due_at as "dueAt", unheard, gongdan_now() as "firedAt"
      from fired order by due_at, ${subject}, point`;

  // SKIP LOCKED stands below LIMIT, so that a second replica claims the next points instead of none. The points of a partition that lags must not keep out
  // those of others, hence a limit per partition; without partitions such a limit would hold nothing but what the other replica has claimed.
  const lockPartitioned = `with ${reach}
    select t.org, t.${tickets.id} as id from reach r
    cross join lateral (
      select d.org, d.ticket_id, d.due_at from ${points} d where ${notFailing} and ${isReached} order by d.due_at limit $5
    ) d
    join ${tickets.table} t on t.org = d.org and t.${tickets.id} = d.ticket_id
    order by d.due_at limit $5 for update of t skip locked`;
  const lockInOrder = `with ${reach}
    select t.org, t.${tickets.id} as id from ${points} d join ${tickets.table} t on t.org = d.org and t.${tickets.id} = d.ticket_id
    where ${notFailing} and d.due_at <= (select r.at from reach r) order by d.due_at limit $1 for update of t skip locked`;

  return {
    /** Index: <points>_part_due, <points>_due. */
    lockDue: waitsForEvents ? lockPartitioned : lockInOrder,
    lockTicket: `select 1 from ${tickets.table} where org = $1 and ${tickets.id} = $2::uuid for update skip locked`,
    takeDue: take(notFailing),
    takeOfSubject: take(`d.${subject} = $${p + 2} and ${retriedNow}`),
    // `order by … limit 1` reads one row where min() would read all. Indexes: <points>_due, <points>_failing.
    next: `select (extract(epoch from (select d.due_at from ${points} d where ${notFailing} order by d.due_at limit 1) - gongdan_now()) * 1000)::float8 as due,
      (extract(epoch from (select min(retry_at) from ${points} where failures > 0) - clock_timestamp()) * 1000)::float8 as retry`,
    retries: `select org, ticket_id as "ticketId", ${subject} as subject from ${points} where failures > 0 and retry_at <= clock_timestamp()
      group by 1, 2, 3 order by min(retry_at) limit $1`,
    postpone: `update ${points} p set retry_at = clock_timestamp() + interval '2 seconds'
      from (
        select org, ticket_id, ${subject}, point from ${points}
        where ${of} and failures > 0 and retry_at <= clock_timestamp() for update skip locked
      ) r where p.org = r.org and p.ticket_id = r.ticket_id and p.${subject} = r.${subject} and p.point = r.point`,
    setAside: `with failed as (
        update ${points} p set failures = n.failures, retry_at = clock_timestamp() + least(300, 2 ^ least(n.failures, 10)) * interval '1 second'
        from (select max(failures) + 1 as failures from ${points} where ${of}) n
        where p.org = $1 and p.ticket_id = $2::uuid and p.${subject} = $3 and p.due_at <= gongdan_now() returning p.failures
      ) select failures from failed limit 1`,
    /** Index: <points>_failing. */
    countFailing: `select count(distinct (org, ticket_id, ${subject}))::int as subjects from ${points} where failures > 0`,
    /** Index: <points>_due. */
    countWaiting: `select count(*)::int as points, coalesce(extract(epoch from gongdan_now() - min(due_at)), 0)::float8 as seconds
      from (select d.due_at from ${points} d where d.due_at <= gongdan_now() and ${notFailing} order by d.due_at limit ${MOST_COUNTED}) p`,
  };
}
