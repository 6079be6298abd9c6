import { Injectable } from '@nestjs/common';
import { hasMissingEvents } from '@gongdan/messaging';
import { type Queries, type Tx } from '@gongdan/platform';
import { type Clock } from '../domain/clock.js';
import { type Reach } from '../domain/reach.js';
import { POINT, type PointRow } from './clock-columns.js';

export interface DuePoint extends PointRow {
  /** The database's time of firing, at which the point was due. */
  firedAt: string;
  /** The wait ended before everything recorded until the due instant was applied. */
  unheard: boolean;
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

const LOCK_DUE = `with ${REACH}
  select t.org, t.id from reach r
  cross join lateral (select d.org, d.ticket_id, d.due_at from clock_points d where d.part = r.part and ${REACHED} order by d.due_at limit $5) d
  join sla_tickets t on t.org = d.org and t.id = d.ticket_id
  order by d.due_at limit $5 for update of t skip locked`;
const TAKE_DUE = `with ${REACH}, fired as (
    delete from clock_points d using unnest($5::text[], $6::uuid[]) as t (org, id), reach r
    where d.org = t.org and d.ticket_id = t.id and r.part = d.part and ${REACHED} returning d.*, not coalesce(${APPLIED}, false) as unheard
  ) select ${POINT.select('f')}, f.unheard, gongdan_now() as "firedAt" from fired f order by due_at, clock, point`;

/** The due index: what may still fire, and the claim of what is due. */
@Injectable()
export class DuePointsStore {
  /**
   * Claims due points with their tickets, oldest first. The clock of the database and what has been applied decide which points are due. SKIP LOCKED stands below LIMIT, so that a
   * second replica claims the next points instead of none, and a ticket that the event handler works on is left for the next run. It never waits for a
   * lock, so it cannot deadlock with the handler, which waits in the order of ids. Index: clock_points_part_due.
   */
  async claim(tx: Tx, limit: number, reach: readonly Reach[], waitMs: number): Promise<DuePoint[]> {
    const params = [reach.map((r) => r.partition), reach.map((r) => r.until), reach.map((r) => r.waited), waitMs];
    const locked = await tx.rows<{ org: string; id: string }>(LOCK_DUE, [...params, limit]);
    if (locked.length === 0) return [];
    return tx.rows<DuePoint>(TAKE_DUE, [...params, locked.map((t) => t.org), locked.map((t) => t.id)]);
  }

  /** Milliseconds until the next point is due; null when there is none. Index: clock_points_due. */
  async nextDueIn(db: Queries): Promise<number | null> {
    const row = await db.one<{ ms: number | null }>(
      'select (extract(epoch from min(due_at) - gongdan_now()) * 1000)::float8 as ms from clock_points',
    );
    return row?.ms ?? null;
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
