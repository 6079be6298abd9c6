import { Injectable } from '@nestjs/common';
import { type Instant } from '@gongdan/kernel';
import { type Queries, type Row, type Tx } from '@gongdan/platform';
import { type Clock, type ClockState, type Origin } from '../domain/clock.js';
import { type Kind, type Point } from '../domain/promise.js';

export interface SlaTicket {
  org: string;
  id: string;
  pack_key: string;
  pack_version: number;
  unit: string | null;
  number: string;
  facts: Record<string, unknown>;
}

interface ClockRow extends Row {
  org: string;
  ticket_id: string;
  key: string;
  gen: number;
  state: ClockState;
  kind: Kind;
  calendar: string | null;
  started_at: string;
  since_at: string;
  due_at: string;
  whole_of: number | null;
  warned: string[];
  paused_at: string | null;
  left_of: number | null;
  paused_ms: number;
  breached_at: string | null;
  ended_at: string | null;
  outcome: 'met' | 'breached' | null;
  correlation_id: string;
  causation_id: string;
  traceparent: string | null;
}

/** A clock with whose doing it is. */
export interface OwnedClock {
  clock: Clock;
  origin: Origin;
}

export interface DuePoint {
  org: string;
  ticket_id: string;
  clock: string;
  point: string;
  gen: number;
  due_at: string;
  /** The database's time of firing: what judged it due. */
  fired_at: string;
}

export interface ClockFilter {
  /** Open clocks (running and paused) without. */
  state?: ClockState | undefined;
  dueBefore?: string | undefined;
  breached?: boolean | undefined;
  unit?: string | undefined;
}

/** Where a page of the list ended. */
export interface ClockPlace {
  dueAt: string;
  ticketId: string;
  key: string;
}

export type ListedClock = Clock & { number: string; unit: string | null };

export const ticketKey = (t: { org: string; ticketId: string }): string => `${t.org}|${t.ticketId}`;

@Injectable()
export class ClocksStore {
  /** The tickets of a batch, locked in id order; what is not here yet is inserted by `saveTickets`. */
  async lockTickets(tx: Tx, keys: readonly { org: string; ticketId: string }[]): Promise<SlaTicket[]> {
    return tx.rows<SlaTicket>(
      'select t.* from sla_tickets t join (select distinct * from unnest($1::text[], $2::uuid[]) as k (org, id)) k using (org, id) order by t.org, t.id for update of t',
      [keys.map((k) => k.org), keys.map((k) => k.ticketId)],
    );
  }

  async clocksOf(db: Queries, keys: readonly { org: string; ticketId: string }[]): Promise<OwnedClock[]> {
    const rows = await db.rows<ClockRow>(
      'select c.* from clocks c join (select distinct * from unnest($1::text[], $2::uuid[]) as k (org, ticket_id)) k using (org, ticket_id) order by c.started_at, c.key',
      [keys.map((k) => k.org), keys.map((k) => k.ticketId)],
    );
    return rows.map((r) => ({
      clock: clockOf(r),
      origin: { correlationId: r.correlation_id, causationId: r.causation_id, traceparent: r.traceparent ?? undefined },
    }));
  }

  async saveTickets(tx: Tx, tickets: readonly SlaTicket[]): Promise<void> {
    if (tickets.length === 0) return;
    await tx.run(
      `insert into sla_tickets (org, id, pack_key, pack_version, unit, number, facts)
       select * from json_to_recordset($1::json) as t (org text, id uuid, pack_key text, pack_version int, unit text, number text, facts json)
       on conflict (org, id) do update set unit = excluded.unit, facts = excluded.facts`,
      [JSON.stringify(tickets)],
    );
  }

  /** Writes clocks and replaces their open points: what belongs to an older generation never fires. */
  async saveClocks(tx: Tx, owned: readonly OwnedClock[], points: readonly (Point & { clock: Clock })[]): Promise<void> {
    if (owned.length === 0) return;
    const clocks = owned.map((o) => o.clock);
    await tx.run(
      `insert into clocks (org, ticket_id, key, gen, state, kind, calendar, started_at, since_at, due_at, whole_of, warned, paused_at, left_of, paused_ms, breached_at, ended_at, outcome, correlation_id, causation_id, traceparent)
       select * from json_to_recordset($1::json) as c (org text, ticket_id uuid, key text, gen int, state text, kind text, calendar text, started_at timestamptz,
         since_at timestamptz, due_at timestamptz, whole_of bigint, warned text[], paused_at timestamptz, left_of bigint, paused_ms bigint, breached_at timestamptz, ended_at timestamptz, outcome text,
         correlation_id text, causation_id uuid, traceparent text)
       on conflict (org, ticket_id, key) do update set gen = excluded.gen, state = excluded.state, kind = excluded.kind, calendar = excluded.calendar,
         started_at = excluded.started_at, since_at = excluded.since_at, due_at = excluded.due_at, whole_of = excluded.whole_of, warned = excluded.warned, paused_at = excluded.paused_at, left_of = excluded.left_of,
         paused_ms = excluded.paused_ms, breached_at = excluded.breached_at, ended_at = excluded.ended_at, outcome = excluded.outcome,
         correlation_id = excluded.correlation_id, causation_id = excluded.causation_id, traceparent = excluded.traceparent`,
      [JSON.stringify(owned.map(rowOf))],
    );
    await tx.run(
      'delete from clock_points p using unnest($1::text[], $2::uuid[], $3::text[]) as c (org, ticket_id, clock) where p.org = c.org and p.ticket_id = c.ticket_id and p.clock = c.clock',
      [clocks.map((c) => c.org), clocks.map((c) => c.ticketId), clocks.map((c) => c.key)],
    );
    if (points.length === 0) return;
    await tx.run(
      'insert into clock_points (org, ticket_id, clock, point, gen, due_at) select * from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::int[], $6::timestamptz[])',
      [
        points.map((p) => p.clock.org),
        points.map((p) => p.clock.ticketId),
        points.map((p) => p.clock.key),
        points.map((p) => p.key),
        points.map((p) => p.clock.gen),
        points.map((p) => p.at),
      ],
    );
  }

  /**
   * Claims due points with their tickets, oldest first, judged by the database's clock. SKIP LOCKED stands below LIMIT, so a second replica
   * gets the next points instead of none; a ticket the event handler works on is left for the next turn. Never waits for a lock, so it
   * cannot deadlock with the handler, which waits in id order. Index: clock_points_due.
   */
  async claimDue(tx: Tx, limit: number): Promise<DuePoint[]> {
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
       ) select *, gongdan_now() as fired_at from fired order by due_at, clock, point`,
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

  /** What firing changes: the caller holds the tickets. */
  async saveFired(tx: Tx, fired: readonly Clock[]): Promise<void> {
    if (fired.length === 0) return;
    await tx.run(
      `update clocks c set breached_at = f.breached_at, warned = f.warned
       from json_to_recordset($1::json) as f (org text, ticket_id uuid, key text, breached_at timestamptz, warned text[]) where c.org = f.org and c.ticket_id = f.ticket_id and c.key = f.key`,
      [
        JSON.stringify(
          fired.map((c) => ({ org: c.org, ticket_id: c.ticketId, key: c.key, breached_at: c.breachedAt ?? null, warned: c.warned })),
        ),
      ],
    );
  }

  /** The time due points are judged by. */
  async now(tx: Tx): Promise<Instant> {
    const row = await tx.one<{ now: Instant }>('select gongdan_now() as now');
    if (!row) throw new Error('sla: the database tells no time');
    return row.now;
  }

  async knows(db: Queries, org: string, ticketId: string): Promise<boolean> {
    return (await db.one('select 1 as yes from sla_tickets where org = $1 and id = $2::uuid', [org, ticketId])) !== undefined;
  }

  /** Soonest due first, behind the cursor. */
  async list(db: Queries, org: string, f: ClockFilter, after: ClockPlace | undefined, limit: number): Promise<ListedClock[]> {
    const rows = await db.rows<ClockRow & { number: string; unit: string | null }>(
      `select c.*, t.number, t.unit from clocks c join sla_tickets t on t.org = c.org and t.id = c.ticket_id
       where c.org = $1 and c.state = any ($2::text[]) and ($3::timestamptz is null or c.due_at < $3) and ($4::boolean is null or (c.breached_at is not null) = $4)
         and ($5::text is null or t.unit = $5) and ($6::timestamptz is null or (c.due_at, c.ticket_id, c.key) > ($6, $7::uuid, $8))
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
      ],
    );
    return rows.map((r) => ({ ...clockOf(r), number: r.number, unit: r.unit }));
  }
}

function clockOf(r: ClockRow): Clock {
  return {
    org: r.org, ticketId: r.ticket_id, key: r.key, gen: r.gen, state: r.state, kind: r.kind, calendar: r.calendar ?? undefined, startedAt: r.started_at,
    sinceAt: r.since_at, dueAt: r.due_at, whole: r.whole_of ?? undefined, warned: r.warned, pausedAt: r.paused_at ?? undefined, left: r.left_of ?? undefined, pausedMs: r.paused_ms,
    breachedAt: r.breached_at ?? undefined, endedAt: r.ended_at ?? undefined, outcome: r.outcome ?? undefined,
  }; // prettier-ignore
}

function rowOf({ clock: c, origin }: OwnedClock): ClockRow {
  return {
    org: c.org, ticket_id: c.ticketId, key: c.key, gen: c.gen, state: c.state, kind: c.kind, calendar: c.calendar ?? null, started_at: c.startedAt,
    since_at: c.sinceAt, due_at: c.dueAt, whole_of: c.whole ?? null, warned: [...c.warned], paused_at: c.pausedAt ?? null, left_of: c.left ?? null, paused_ms: c.pausedMs,
    breached_at: c.breachedAt ?? null, ended_at: c.endedAt ?? null, outcome: c.outcome ?? null,
    correlation_id: origin.correlationId, causation_id: origin.causationId, traceparent: origin.traceparent ?? null,
  }; // prettier-ignore
}
