import { Injectable } from '@nestjs/common';
import { type Queries, type Tx } from '@gongdan/platform';
import { type Clock } from '../domain/clock.js';
import { POINT, type PointRow } from './clock-columns.js';

export interface DuePoint extends PointRow {
  /** The database's time of firing, by which the point was judged due. */
  firedAt: string;
}

/** The due index: what may still fire, and the claim of what is due. */
@Injectable()
export class DuePointsStore {
  /**
   * Claims due points with their tickets, oldest first, judged by the clock of the database. SKIP LOCKED stands below LIMIT, so that a second replica
   * claims the next points instead of none, and a ticket that the event handler works on is left for the next run. It never waits for a lock, so it cannot
   * deadlock with the handler, which waits in the order of ids. Index: clock_points_due.
   */
  async claim(tx: Tx, limit: number): Promise<DuePoint[]> {
    const locked = await tx.rows<{ org: string; id: string }>(
      `select t.org, t.id from clock_points p join sla_tickets t on t.org = p.org and t.id = p.ticket_id
       where p.due_at <= gongdan_now() order by p.due_at limit $1 for update of t skip locked`,
      [limit],
    );
    if (locked.length === 0) return [];
    return tx.rows<DuePoint>(
      `with fired as (
         delete from clock_points p using unnest($1::text[], $2::uuid[]) as t (org, id)
         where p.org = t.org and p.ticket_id = t.id and p.due_at <= gongdan_now() returning p.*
       ) select ${POINT.select('f')}, gongdan_now() as "firedAt" from fired f order by due_at, clock, point`,
      [locked.map((t) => t.org), locked.map((t) => t.id)],
    );
  }

  /** Milliseconds until the next point is due; null when there is none. */
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
