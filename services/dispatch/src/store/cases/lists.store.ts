import { Injectable } from '@nestjs/common';
import { type TicketState } from '@gongdan/contracts';
import { type Scope } from '@gongdan/directory';
import { type Queries, type Row, type SqlValue, type Tx } from '@gongdan/platform';
import { DECISION, type DecisionRow } from '../decisions/decision-columns.js';

/** A row of a work list: an open task with its case. */
export interface TaskRow {
  ticketId: string;
  no: number;
  lead: boolean;
  number: string;
  title: string;
  packKey: string;
  packVersion: number;
  priorityRank: number;
  step: string;
  state: TicketState;
  unit: string | null;
  role: string | null;
  holder: string | null;
  waits: string | null;
  version: number;
  openedAt: string;
  sleepsUntil: string | null;
  registeredAt: string;
  /** The nearest deadline of the case; `infinity` when no clock runs. */
  dueAt: string;
  since: string;
  type: string;
  category: string;
  priority: string;
}

/** Where a page begins: the sort keys of the last row before it. */
export type After = [rank: number, dueAt: string, registeredAt: string, ticketId: string, no: number];

const MOST_COUNTED = 200_000;

const TASK = `t.ticket_id as "ticketId", t.no, t.lead, c.number, c.title, c.pack_key as "packKey", c.pack_version as "packVersion",
  t.priority_rank as "priorityRank", t.step, c.state, t.unit, t.role, t.person as holder, t.waits, t.version, t.opened_at as "openedAt",
  t.sleeps_until as "sleepsUntil", t.registered_at as "registeredAt", t.due_at as "dueAt", c.since,
  c.ticket->>'type' as type, c.ticket->>'category' as category, c.ticket->>'priority' as priority`;

/** The order of the work lists: most urgent first, then the nearest deadline, then the oldest. */
const ORDER = ['priority_rank', 'due_at', 'registered_at', 'ticket_id', 'no'];
const by = (table: string): string => ORDER.map((column) => `${table}.${column}`).join(', ');

/** Work lists. Each list is one statement over one partial index. */
/** A task of a pool. */
export interface Best {
  ticketId: string;
  no: number;
}

@Injectable()
export class ListsStore {
  /**
   * The tasks of a pool that are awake, or those that sleep. Uses the index open_tasks_queue_due, or open_tasks_sleeping_due for those that sleep.
   * The condition stands in the text of the statement: with a parameter the generic plan cannot use the partial index.
   */
  queue(q: Queries, org: string, unit: string, sleeping: boolean, limit: number, after?: After): Promise<TaskRow[]> {
    const where = `t.org = $1 and t.unit = $2 and t.person is null and t.sleeps_until is ${sleeping ? 'not null' : 'null'}`;
    return this.page(q, where, [org, unit], limit, after);
  }

  /** Uses the index open_tasks_person_due. */
  mine(q: Queries, org: string, person: string, limit: number, after?: After): Promise<TaskRow[]> {
    return this.page(q, 't.org = $1 and t.person = $2', [org, person], limit, after);
  }

  /** Those of tickets that units of the scope registered. Uses the index open_tasks_unroutable_due. */
  unroutable(q: Queries, org: string, scope: Scope, limit: number, after?: After): Promise<TaskRow[]> {
    const registered = "(select c.ticket->>'unit' from cases c where c.org = t.org and c.ticket_id = t.ticket_id)";
    const where = `t.org = $1 and t.unit is null and t.person is null and ($2::boolean or ${registered} = any ($3))`;
    return this.page(q, where, [org, scope.all, scope.units], limit, after);
  }

  /**
   * The best task of a pool that nobody else is taking, its case locked: those that ask at the same time get different tasks. Tasks of a role's pool only for whoever has
   * the role, and none that leaves out one of `people`: the caller and those for whom he acts, nor one of `passed`. Uses the index open_tasks_queue_due.
   * The task is locked beside its case: a case that another request has just left is read again after the wait, the task only when it is locked, too.
   */
  lockNext(
    tx: Tx,
    org: string,
    unit: string,
    { roles, people }: { roles: readonly string[]; people: readonly string[] },
    passed: readonly Best[] = [],
  ): Promise<Best | undefined> {
    return tx.one(
      `select t.ticket_id as "ticketId", t.no from open_tasks t join cases c on c.org = t.org and c.ticket_id = t.ticket_id
       where t.org = $1 and t.unit = $2 and t.person is null and t.waits is null and t.sleeps_until is null and (t.role is null or t.role = any ($3::text[]))
         and not exists (select 1 from jsonb_array_elements(c.body->'tasks') o where (o->>'no')::int = t.no and o->'except' ?| $4::text[])
         and (t.ticket_id, t.no) not in (select * from unnest($5::uuid[], $6::int[]))
       order by ${by('t')} limit 1 for update of c, t skip locked`,
      [org, unit, [...roles], [...people], passed.map((p) => p.ticketId), passed.map((p) => p.no)],
    );
  }

  decisions(q: Queries, org: string, ticketId: string): Promise<DecisionRow[]> {
    return q.rows<DecisionRow>(`select ${DECISION.select('d')} from decisions d where org = $1 and ticket_id = $2 order by no`, [
      org,
      ticketId,
    ]);
  }

  decision(q: Queries, org: string, ticketId: string, no: number): Promise<DecisionRow | undefined> {
    const sql = `select ${DECISION.select('d')} from decisions d where org = $1 and ticket_id = $2 and no = $3`;
    return q.one<DecisionRow>(sql, [org, ticketId, no]);
  }

  /** Over all organisations; the limit bounds the cost of a scrape. Uses the index cases_open_phase. */
  openByState(q: Queries): Promise<{ state: TicketState; cases: number }[]> {
    return q.rows(
      `select state, count(*)::int as cases from (select state from cases where phase = 'open' limit ${MOST_COUNTED}) c
       group by state`,
    );
  }

  /** Over all organisations; the limit bounds the cost of a scrape. Uses the index open_tasks_queue_due. */
  async queued(q: Queries): Promise<number> {
    const sql = `select count(*)::int as cases from (select 1 from open_tasks where person is null limit ${MOST_COUNTED}) c`;
    return (await q.one<{ cases: number }>(sql))?.cases ?? 0;
  }

  private page(q: Queries, where: string, params: SqlValue[], limit: number, after: After | undefined): Promise<TaskRow[]> {
    const n = params.length;
    const behind =
      after === undefined
        ? ''
        : ` and (${by('t')}) > ($${n + 2}::smallint, $${n + 3}::timestamptz, $${n + 4}::timestamptz, $${n + 5}::uuid, $${n + 6}::int)`;
    return q.rows<TaskRow & Row>(
      `select ${TASK} from (
         select * from open_tasks t where ${where}${behind} order by ${by('t')} limit $${n + 1}
       ) t join cases c on c.org = t.org and c.ticket_id = t.ticket_id
       order by ${by('t')}`,
      [...params, limit, ...(after ?? [])],
    );
  }
}
