import { Injectable } from '@nestjs/common';
import { hasMissingEvents } from '@gongdan/messaging';
import { type Queries, type Tx } from '@gongdan/platform';
import { type Clock } from '../domain/clock.js';
import { type Reach } from '../domain/reach.js';
import { POINT, type PointRow } from './clock-columns.js';
import { type ClockRef } from './clocks.store.js';

export interface DuePoint extends PointRow {
  /** The database's time of firing, at which the point was due. */
  firedAt: string;
  /** The wait ended before everything recorded until the due instant was applied. */
  unheard: boolean;
}

/** When the next points fire, in milliseconds; Infinity when there are none. */
export interface NextDue {
  dueInMs: number;
  retryInMs: number;
}

// $1 partitions, $2 until when each has been applied, $3 whether its wait is over, $4 milliseconds of the wait. A point is reached when it is due
// and its partition has been applied until then, or when it has been due for the whole wait. LEAST and GREATEST ignore nulls.
const REACH = `reach as materialized (
  select r.part, case when r.until is not null then least(now.at, r.until) end as applied,
    case when r.waited then now.at - $4::float8 * interval '1 millisecond' end as waited
  from unnest($1::smallint[], $2::timestamptz[], $3::boolean[]) as r (part, until, waited), (select gongdan_now() as at) now
)`;
// The alias of clock_points is `d`: hasMissingEvents has tables called `g` and `p` of its own.
const APPLIED = `(d.due_at <= r.applied and not ${hasMissingEvents('d.org', 'd.ticket_id')})`;
const REACHED = `d.due_at <= greatest(r.applied, r.waited) and (${APPLIED} or d.due_at <= r.waited)`;
// Points fire in the order of their instants: while one of a clock is to be retried, the later ones of that clock wait with it. NOT IN reads the failing
// clocks once per statement. NOT EXISTS read them for each point, because the planner learns late that there are any: 17 s with 2,000 failing clocks.
/** True of a point `d` of clock_points whose clock has no failing point. Index: clock_points_failing. */
export const NOT_FAILING = `(d.org, d.ticket_id, d.clock) not in (select f.org, f.ticket_id, f.clock from clock_points f where f.failures > 0)`;
const RETRIED_NOW = `not exists (select from clock_points f
  where f.org = d.org and f.ticket_id = d.ticket_id and f.clock = d.clock and f.failures > 0 and f.retry_at > clock_timestamp())`;

const LOCK_DUE = `with ${REACH}
  select t.org, t.id from reach r
  cross join lateral (
    select d.org, d.ticket_id, d.due_at from clock_points d where d.part = r.part and ${NOT_FAILING} and ${REACHED} order by d.due_at limit $5
  ) d
  join sla_tickets t on t.org = d.org and t.id = d.ticket_id
  order by d.due_at limit $5 for update of t skip locked`;
const take = (which: string): string => `with ${REACH}, fired as (
    delete from clock_points d using unnest($5::text[], $6::uuid[]) as t (org, id), reach r
    where d.org = t.org and d.ticket_id = t.id and r.part = d.part and ${which} and ${REACHED} returning d.*, not coalesce(${APPLIED}, false) as unheard
  ) select ${POINT.select('f')}, f.unheard, gongdan_now() as "firedAt" from fired f order by due_at, clock, point`;
const TAKE_DUE = take(NOT_FAILING);
const TAKE_DUE_OF_CLOCK = take(`d.clock = $7 and ${RETRIED_NOW}`);
const LOCK_TICKET = 'select 1 from sla_tickets where org = $1 and id = $2::uuid for update skip locked';

/** The due index: what may still fire, and the claim of what is due. */
@Injectable()
export class DuePointsStore {
  /**
   * Claims due points with their tickets, oldest first. The clock of the database and what has been applied decide which points are due. SKIP LOCKED stands below LIMIT, so that a
   * second replica claims the next points instead of none, and a ticket that the event handler works on is left for the next run. It never waits for a
   * lock, so it cannot deadlock with the handler, which waits in the order of ids. Index: clock_points_part_due.
   */
  async claim(tx: Tx, limit: number, reach: readonly Reach[], waitMs: number): Promise<DuePoint[]> {
    const params = reachParams(reach, waitMs);
    const locked = await tx.rows<{ org: string; id: string }>(LOCK_DUE, [...params, limit]);
    if (locked.length === 0) return [];
    return tx.rows<DuePoint>(TAKE_DUE, [...params, locked.map((t) => t.org), locked.map((t) => t.id)]);
  }

  /** Claims the due points of one clock, also those that are to be retried. None before the retry is due, and none when the ticket is locked elsewhere. */
  async claimOf(tx: Tx, of: ClockRef, reach: readonly Reach[], waitMs: number): Promise<DuePoint[]> {
    if (!(await tx.one(LOCK_TICKET, [of.org, of.ticketId]))) return [];
    return tx.rows<DuePoint>(TAKE_DUE_OF_CLOCK, [...reachParams(reach, waitMs), [of.org], [of.ticketId], of.clock]);
  }

  /** When something is to fire next. `order by … limit 1` reads one row where min() would read all. Indexes: clock_points_due, clock_points_failing. */
  async next(db: Queries): Promise<NextDue> {
    const row = await db.one<{ due: number | null; retry: number | null }>(
      `select (extract(epoch from (select d.due_at from clock_points d where ${NOT_FAILING} order by d.due_at limit 1) - gongdan_now()) * 1000)::float8 as due,
              (extract(epoch from (select min(retry_at) from clock_points where failures > 0) - clock_timestamp()) * 1000)::float8 as retry`,
    );
    return { dueInMs: row?.due ?? Infinity, retryInMs: row?.retry ?? Infinity };
  }

  /** The clocks with failed points that are to be retried, longest waiting first. */
  retries(db: Queries, limit: number): Promise<ClockRef[]> {
    return db.rows<ClockRef>(
      `select org, ticket_id as "ticketId", clock from clock_points where failures > 0 and retry_at <= clock_timestamp()
       group by 1, 2, 3 order by min(retry_at) limit $1`,
      [limit],
    );
  }

  /**
   * Moves a retry that could claim nothing behind the others, without counting a failure: its partition lags, an event is missing or its ticket is locked.
   * It waits for no lock either.
   */
  async postpone(tx: Tx, of: ClockRef): Promise<void> {
    await tx.run(
      `update clock_points p set retry_at = clock_timestamp() + interval '2 seconds'
       from (
         select org, ticket_id, clock, point from clock_points
         where org = $1 and ticket_id = $2::uuid and clock = $3 and failures > 0 and retry_at <= clock_timestamp() for update skip locked
       ) r where p.org = r.org and p.ticket_id = r.ticket_id and p.clock = r.clock and p.point = r.point`,
      [of.org, of.ticketId, of.clock],
    );
  }

  /**
   * Sets the due points of a clock aside after a failure: 2 s, 4 s, 8 s … at most five minutes. All get the same count, so that none is retried before
   * another. Returns how often they failed.
   */
  async setAside(db: Queries, of: ClockRef): Promise<number> {
    const rows = await db.rows<{ failures: number }>(
      `with failed as (
         update clock_points p set failures = n.failures, retry_at = clock_timestamp() + least(300, 2 ^ least(n.failures, 10)) * interval '1 second'
         from (select max(failures) + 1 as failures from clock_points where org = $1 and ticket_id = $2::uuid and clock = $3) n
         where p.org = $1 and p.ticket_id = $2::uuid and p.clock = $3 and p.due_at <= gongdan_now() returning p.failures
       ) select failures from failed limit 1`,
      [of.org, of.ticketId, of.clock],
    );
    return rows[0]?.failures ?? 0;
  }

  /** Writes what firing changes of a clock. The caller holds the locks of the tickets. */
  async saveFired(tx: Tx, fired: readonly Clock[]): Promise<void> {
    if (fired.length === 0) return;
    await tx.run(
      `update clocks c set breached_at = f."breachedAt", warned = f.warned
       from json_to_recordset($1::json) as f (org text, "ticketId" uuid, key text, "breachedAt" timestamptz, warned text[])
       where c.org = f.org and c.ticket_id = f."ticketId" and c.key = f.key`,
      [JSON.stringify(fired)],
    );
  }
}

function reachParams(reach: readonly Reach[], waitMs: number): [number[], (string | null)[], boolean[], number] {
  return [reach.map((r) => r.partition), reach.map((r) => r.until), reach.map((r) => r.waited), waitMs];
}
