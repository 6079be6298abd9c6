import { Injectable } from '@nestjs/common';
import { type DuePoint } from '@gongdan/due';
import { type Scope } from '@gongdan/directory';
import { type Instant } from '@gongdan/kernel';
import { type Queries, type Row, type Tx } from '@gongdan/platform';

/** A plan of one version of a pack. */
export interface PlanRow extends Row {
  org: string;
  id: string;
  pack: string;
  version: number;
  plan: string;
  gen: number;
  from_at: string;
  /** When a later version took over; null while there is none. */
  until_at: string | null;
  /** Occurrences until then are registered or skipped. */
  done_until: string;
}

export interface PlanInForce extends PlanRow {
  skipped: number;
  skipped_until: string | null;
  /** How often the ticket that is due could not be registered. */
  failures: number;
  retry_at: string | null;
  now: string;
}

/** A ticket that a plan registered. */
export interface PlannedRow extends Row {
  pack: string;
  plan: string;
  occurrence: string;
  registered_at: string;
  ticket_id: string;
  number: string;
}

export interface UnreadPack extends Row {
  org: string;
  pack: string;
  /** When each version was published. */
  versions: Record<string, Instant>;
  unread: number[];
}

export interface NewPlan {
  id: string;
  plan: string;
  /** The next occurrence; null when there is none. */
  next: Instant | null;
}

/** Tickets of a plan that are looked at for those within reach: whoever reaches none would have all of them read, 100,000 in a quarter of a second. */
const LOOKED_AT = 100;

@Injectable()
export class PlansStore {
  /**
   * Records when a version was published and returns all that are known, by version. The row is locked until the transaction ends: versions come from different
   * partitions of the topic, so two of them may be heard at once and in any order.
   */
  async heard(tx: Tx, org: string, pack: string, version: number, at: Instant): Promise<Record<string, Instant>> {
    const row = await tx.one<{ versions: Record<string, Instant> } & Row>(
      `insert into plan_packs as p (org, pack, versions) values ($1, $2, jsonb_build_object($3::text, $4::text))
       on conflict (org, pack) do update set versions = excluded.versions || p.versions returning versions`,
      [org, pack, String(version), at],
    );
    return row?.versions ?? {};
  }

  /** Remembers a version whose plans could not be read; `heard` has its row locked. */
  async markUnread(tx: Tx, org: string, pack: string, version: number): Promise<void> {
    await tx.run('update plan_packs set unread = array_append(array_remove(unread, $3), $3) where org = $1 and pack = $2', [
      org,
      pack,
      version,
    ]);
  }

  async markRead(tx: Tx, org: string, pack: string, version: number): Promise<void> {
    await tx.run('update plan_packs set unread = array_remove(unread, $3) where org = $1 and pack = $2', [org, pack, version]);
  }

  /** Packs with versions whose plans could not be read, after the given one. */
  unread(db: Queries, after: UnreadPack | undefined, limit: number): Promise<UnreadPack[]> {
    return db.rows<UnreadPack>(
      `select org, pack, versions, unread from plan_packs where unread <> '{}' and (org, pack) > ($1, $2) order by org, pack limit $3`,
      [after?.org ?? '', after?.pack ?? '', limit],
    );
  }

  /** Ends the plans of earlier versions where a later one begins. What they owe until then stays due. */
  async endEarlier(tx: Tx, org: string, pack: string, version: number, at: Instant): Promise<void> {
    await tx.run(
      `with ended as (
         update plans set until_at = $4 where org = $1 and pack = $2 and version < $3 and (until_at is null or until_at > $4) returning org, id
       ) delete from plan_points p using ended e where p.org = e.org and p.ticket_id = e.id and p.due_at > $4::timestamptz`,
      [org, pack, version, at],
    );
  }

  async begin(
    tx: Tx,
    { org, pack, version, from, until }: { org: string; pack: string; version: number; from: Instant; until: Instant | undefined },
    plans: readonly NewPlan[],
  ): Promise<void> {
    await tx.run(
      `with added as (
         insert into plans (org, id, pack, version, plan, from_at, until_at, done_until)
         select $1, n.id, $2, $3, n.plan, $4, $5, $4 from json_to_recordset($6::json) as n (id uuid, plan text) order by n.id
         on conflict do nothing returning org, id, plan
       ) insert into plan_points (org, ticket_id, plan, point, gen, due_at)
         select a.org, a.id, a.plan, 'next', 1, n.next from added a
         join json_to_recordset($6::json) as n (id uuid, next timestamptz) on n.id = a.id where n.next is not null`,
      [org, pack, version, from, until ?? null, JSON.stringify(plans)],
    );
  }

  /** The plans of claimed points; their rows are locked. */
  async ofPoints(tx: Tx, points: readonly DuePoint[]): Promise<PlanRow[]> {
    return tx.rows<PlanRow>('select * from plans p where (org, id) in (select * from unnest($1::text[], $2::uuid[]))', [
      points.map((p) => p.org),
      points.map((p) => p.ticketId),
    ]);
  }

  /** Records what became of the due occurrences of a plan, and when the next one is. */
  async moveOn(
    tx: Tx,
    { org, id, plan, gen }: PlanRow,
    done: { until: Instant; skipped: number; skippedUntil: Instant | undefined; next: Instant | undefined },
  ): Promise<void> {
    await tx.run(
      `with moved as (
         update plans set gen = $3::int + 1, done_until = $4, skipped = skipped + $5, skipped_until = coalesce($6, skipped_until)
         where org = $1 and id = $2::uuid returning org, id
       ) insert into plan_points (org, ticket_id, plan, point, gen, due_at)
         select org, id, $7, 'next', $3::int + 1, $8::timestamptz from moved where $8::timestamptz is not null`,
      [org, id, gen, done.until, done.skipped, done.skippedUntil ?? null, plan, done.next ?? null],
    );
  }

  /** Plans in force that are ahead of the clock: it has been set back since they registered. Locked; those that another replica works on are left out. */
  async ahead(tx: Tx, limit: number): Promise<(PlanRow & { now: string })[]> {
    return tx.rows<PlanRow & { now: string }>(
      `select *, gongdan_now() as now from plans
       where done_until > greatest(gongdan_now() + interval '1 minute', from_at) and (until_at is null or until_at > gongdan_now())
       order by org, id limit $1 for update skip locked`,
      [limit],
    );
  }

  /** Lets a plan continue at an earlier instant. What it has registered stays registered. */
  async rewind(tx: Tx, row: PlanRow, to: { until: Instant; next: Instant | undefined }): Promise<void> {
    await tx.run('delete from plan_points where org = $1 and ticket_id = $2::uuid', [row.org, row.id]);
    await this.moveOn(tx, row, { ...to, skipped: 0, skippedUntil: undefined });
  }

  /** False when the occurrence has a ticket already. */
  async claimOccurrence(tx: Tx, row: PlanRow, occurrence: Instant, ticketId: string, at: Instant): Promise<boolean> {
    const added = await tx.run(
      `insert into planned_tickets (org, pack, plan, occurrence, ticket_id, registered_at) values ($1, $2, $3, $4, $5::uuid, $6) on conflict do nothing`,
      [row.org, row.pack, row.plan, occurrence, ticketId, at],
    );
    return added === 1;
  }

  /** The plans in force of an organisation, with what their points tell; of one pack or one plan, where named. Index plans_pack. */
  async inForce(
    db: Queries,
    org: string,
    { pack, plan }: { pack?: string | undefined; plan?: string | undefined } = {},
  ): Promise<PlanInForce[]> {
    return db.rows<PlanInForce>(
      `select p.*, coalesce(d.failures, 0) as failures, d.retry_at, gongdan_now() as now
       from plans p left join plan_points d on d.org = p.org and d.ticket_id = p.id
       where p.org = $1 and (p.until_at is null or p.until_at > gongdan_now()) and ($2::text is null or p.pack = $2) and ($3::text is null or p.plan = $3)
       order by p.pack, p.plan`,
      [org, pack ?? null, plan ?? null],
    );
  }

  /** The newest tickets of each plan that are within reach, if they are among its newest hundred, whichever version of the pack registered them. */
  async lastTickets(db: Queries, org: string, scope: Scope, each: number): Promise<PlannedRow[]> {
    return db.rows<PlannedRow>(
      `select n.pack, n.plan, n.occurrence, n.registered_at, n.ticket_id, n.number
       from (select distinct pack, plan from plans where org = $1) p
       cross join lateral (
         select k.*, t.number
         from (
           select * from planned_tickets m where m.org = $1 and m.pack = p.pack and m.plan = p.plan order by m.occurrence desc limit ${LOOKED_AT}
         ) k join tickets t on t.org = k.org and t.id = k.ticket_id
         where $2::boolean or coalesce(t.case_unit, t.unit) = any ($3::text[])
         order by k.occurrence desc limit $4
       ) n`,
      [org, scope.all, [...scope.units], each],
    );
  }
}
