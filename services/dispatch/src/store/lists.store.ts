import { Injectable } from '@nestjs/common';
import { type TicketState } from '@gongdan/contracts';
import { type Scope } from '@gongdan/directory';
import { type Queries, type SqlValue } from '@gongdan/platform';
import { type TicketSnapshot } from '../domain/case.js';
import { type CaseRow } from './case-columns.js';
import { DECISION, type DecisionRow } from './decision-columns.js';

/** A row of a work list. */
export type TaskRow = Pick<
  CaseRow,
  | 'ticketId'
  | 'number'
  | 'title'
  | 'packKey'
  | 'packVersion'
  | 'priorityRank'
  | 'step'
  | 'state'
  | 'unit'
  | 'holder'
  | 'version'
  | 'registeredAt'
  | 'since'
> &
  Pick<TicketSnapshot, 'type' | 'category' | 'priority'>;

/** Where a page begins: the sort keys of the last row before it. */
export type After = [rank: number, registeredAt: string, ticketId: string];

const MOST_COUNTED = 200_000;

const TASK = `ticket_id as "ticketId", number, title, pack_key as "packKey", pack_version as "packVersion", priority_rank as "priorityRank", step, state, unit,
  holder, version, registered_at as "registeredAt", since, ticket->>'type' as type, ticket->>'category' as category, ticket->>'priority' as priority`;

/** Work lists: most urgent first, then oldest. Each list is one statement over one partial index. */
@Injectable()
export class ListsStore {
  /** Uses the index cases_queue. */
  queue(q: Queries, org: string, unit: string, limit: number, after?: After): Promise<TaskRow[]> {
    return this.page(q, "org = $1 and unit = $2 and held = 'queue'", [org, unit], limit, after);
  }

  /** Uses the index cases_held. */
  mine(q: Queries, org: string, person: string, limit: number, after?: After): Promise<TaskRow[]> {
    return this.page(q, "org = $1 and holder = $2 and held = 'person'", [org, person], limit, after);
  }

  /** Those that units of the scope registered. Uses the index cases_unroutable. */
  unroutable(q: Queries, org: string, scope: Scope, limit: number, after?: After): Promise<TaskRow[]> {
    const where = "org = $1 and state = 'unroutable' and ($2::boolean or ticket->>'unit' = any($3))";
    return this.page(q, where, [org, scope.all, scope.units], limit, after);
  }

  decisions(q: Queries, org: string, ticketId: string): Promise<DecisionRow[]> {
    return q.rows<DecisionRow>(`select ${DECISION.select('d')} from decisions d where org = $1 and ticket_id = $2 order by no`, [
      org,
      ticketId,
    ]);
  }

  /** Over all organisations; the limit bounds the cost of a scrape. Uses the index cases_open. */
  openByState(q: Queries): Promise<{ state: TicketState; cases: number }[]> {
    return q.rows(
      `select state, count(*)::int as cases from (select state from cases where state not in ('closed', 'cancelled') limit ${MOST_COUNTED}) c
       group by state`,
    );
  }

  /** Over all organisations; the limit bounds the cost of a scrape. Uses the index cases_queue. */
  async queued(q: Queries): Promise<number> {
    const sql = `select count(*)::int as cases from (select 1 from cases where held = 'queue' limit ${MOST_COUNTED}) c`;
    return (await q.one<{ cases: number }>(sql))?.cases ?? 0;
  }

  private page(q: Queries, where: string, params: SqlValue[], limit: number, after: After | undefined): Promise<TaskRow[]> {
    const n = params.length;
    const behind =
      after === undefined
        ? ''
        : ` and (priority_rank, registered_at, ticket_id) > ($${n + 2}::smallint, $${n + 3}::timestamptz, $${n + 4}::uuid)`;
    return q.rows<TaskRow>(
      `select ${TASK} from cases where ${where}${behind} order by priority_rank, registered_at, ticket_id limit $${n + 1}`,
      [...params, limit, ...(after ?? [])],
    );
  }
}
