import { Injectable } from '@nestjs/common';
import { type Departure } from '@gongdan/engine';
import { type Instant } from '@gongdan/kernel';
import { type Queries, type Row, type Tx } from '@gongdan/platform';
import { type Gone } from '../../domain/directory/departures.js';
import { WorkBell } from './work-bell.js';

export interface TicketRef extends Row {
  org: string;
  ticketId: string;
}

export interface RequeueRow extends Row {
  task: number;
  cause: Departure['cause'];
  leftBy: string;
  firedAt: Instant;
}

// A row that is there already stands for the same work: it is judged by the directory of the moment at which it is done. An insert waits for another
// transaction that inserts the same row, so all insert in one order; otherwise two replicas that sweep could wait for each other.
const INSERT = 'insert into requeue_work (org, ticket_id, task, cause, left_by, at)';
const UNLESS_THERE = 'order by 1, 2, 3 on conflict do nothing';

const FILL = `${INSERT}
  select distinct $1, t.ticket_id, t.no, g.cause, g."left", gongdan_now()
  from json_to_recordset($2::json) as g (cause text, "left" text, unit text)
  join open_tasks t on t.org = $1 and (
    (g.cause = 'leaver' and t.person = g."left" and (g.unit is null or t.unit = g.unit)) or (g.cause = 'unit-closed' and t.unit = g."left")
  )
  ${UNLESS_THERE}`;

// Finds who left by time, and what a decision with the directory of a moment before gave to somebody who had just left.
const SWEEP_LEAVERS = `${INSERT}
  select t.org, t.ticket_id, t.no, 'leaver', t.person, gongdan_now()
  from person_loads l
  join directory_entries e on e.org = l.org and e.kind = 'person' and e.id = l.person
  join open_tasks t on t.org = l.org and t.person = l.person
  where l.open > 0 and (e.entry is null or (e.entry->>'activeUntil')::timestamptz <= gongdan_now())
  ${UNLESS_THERE}`;

// An action that was under way while a membership was removed may have given its person a task after FILL has looked (write skew).
const SWEEP_MEMBERS = `${INSERT}
  select t.org, t.ticket_id, t.no, 'leaver', t.person, gongdan_now()
  from directory_entries e
  join open_tasks t on t.org = e.org and t.person = split_part(e.id, ' ', 1) and (split_part(e.id, ' ', 2) = '' or t.unit = split_part(e.id, ' ', 2))
  where e.kind = 'membership' and e.entry is null and not exists (
    select 1 from directory_entries m
    where m.org = t.org and m.kind = 'membership' and m.entry is not null and m.id in (t.person, t.person || ' ' || t.unit)
  )
  ${UNLESS_THERE}`;

const SWEEP_UNITS = `${INSERT}
  select t.org, t.ticket_id, t.no, 'unit-closed', t.unit, gongdan_now()
  from directory_entries e
  join open_tasks t on t.org = e.org and t.unit = e.id
  where e.kind = 'unit' and (e.entry is null or e.entry ? 'closedAt') and (e.entry is null or (e.entry->>'closedAt')::timestamptz <= gongdan_now())
  ${UNLESS_THERE}`;

/** Tasks that need another holder because the directory changed. */
@Injectable()
export class RequeueStore {
  constructor(private readonly bell: WorkBell) {}

  onWork(listener: () => void): void {
    this.bell.onRing(listener);
  }

  /** Writes down every task that loses its holder by a change of the directory, in the transaction of the change. */
  async fill(tx: Tx, org: string, gone: readonly Gone[]): Promise<void> {
    if (gone.length === 0) return;
    this.bell.ringAfter(tx);
    await tx.run(FILL, [org, JSON.stringify(gone)]);
  }

  async sweep(tx: Tx): Promise<void> {
    await tx.run(SWEEP_LEAVERS);
    await tx.run(SWEEP_MEMBERS);
    await tx.run(SWEEP_UNITS);
  }

  /** Tickets with work, the oldest first; no lock is held on them. */
  waiting(q: Queries, limit: number): Promise<TicketRef[]> {
    return q.rows<TicketRef>(
      `select org, ticket_id as "ticketId" from (
         select org, ticket_id, min(at) as at from requeue_work where retry_at is null or retry_at <= gongdan_now() group by org, ticket_id
       ) w order by at limit $1`,
      [limit],
    );
  }

  /** Takes the work on one ticket: nothing when another replica has it. The rows are gone when the transaction commits, and there again when it does not. */
  claim(tx: Tx, { org, ticketId }: TicketRef): Promise<RequeueRow[]> {
    return tx.rows<RequeueRow>(
      `with mine as (select task, cause from requeue_work where org = $1 and ticket_id = $2 for update skip locked)
       delete from requeue_work w using mine m where w.org = $1 and w.ticket_id = $2 and w.task = m.task and w.cause = m.cause
       returning w.task, w.cause, w.left_by as "leftBy", gongdan_now() as "firedAt"`,
      [org, ticketId],
    );
  }

  /** A ticket whose work failed waits 2, 4, 8 … 300 seconds, so that it stops no other. */
  async setAside(q: Queries, { org, ticketId }: TicketRef): Promise<void> {
    await q.run(
      `update requeue_work set failures = failures + 1, retry_at = gongdan_now() + least(300, 2 ^ least(failures + 1, 10)) * interval '1 second'
       where org = $1 and ticket_id = $2`,
      [org, ticketId],
    );
  }

  async failing(q: Queries): Promise<number> {
    return (await q.one<{ n: number }>('select count(*)::int as n from requeue_work where failures > 0'))?.n ?? 0;
  }
}
