import { Injectable } from '@nestjs/common';
import { type TicketState } from '@gongdan/contracts';
import { type Queries, type Row, type SqlValue } from '@gongdan/platform';
import { type DecisionRow } from './cases.store.js';

/** A line of a work list. */
export interface TaskRow extends Row {
  ticket_id: string;
  number: string;
  title: string;
  pack_key: string;
  pack_version: number;
  type: string;
  category: string;
  priority: string;
  priority_rank: number;
  step: string;
  state: TicketState;
  unit: string | null;
  holder: string | null;
  version: number;
  registered_at: string;
  since: string;
}

/** Where a page begins: sort keys of the last line before it. */
export type After = [rank: number, registeredAt: string, ticketId: string];

const TASK = `ticket_id, number, title, pack_key, pack_version, ticket->>'type' as type, ticket->>'category' as category, ticket->>'priority' as priority,
  priority_rank, step, state, unit, holder, version, registered_at, since`;

/** Work lists: most urgent first, then oldest. Each is one statement over one partial index. */
@Injectable()
export class ListsStore {
  /** Uses cases_queue. */
  queue(q: Queries, org: string, unit: string, limit: number, after?: After): Promise<TaskRow[]> {
    return this.page(q, "org = $1 and unit = $2 and held = 'queue'", [org, unit], limit, after);
  }

  /** Uses cases_held. */
  mine(q: Queries, org: string, person: string, limit: number, after?: After): Promise<TaskRow[]> {
    return this.page(q, "org = $1 and holder = $2 and held = 'person'", [org, person], limit, after);
  }

  /** Uses cases_unroutable. */
  unroutable(q: Queries, org: string, limit: number, after?: After): Promise<TaskRow[]> {
    return this.page(q, "org = $1 and state = 'unroutable'", [org], limit, after);
  }

  decisions(q: Queries, org: string, ticketId: string): Promise<DecisionRow[]> {
    return q.rows<DecisionRow>('select * from decisions where org = $1 and ticket_id = $2 order by no', [org, ticketId]);
  }

  private page(q: Queries, where: string, params: SqlValue[], limit: number, after: After | undefined): Promise<TaskRow[]> {
    const n = params.length;
    const from =
      after === undefined
        ? ''
        : ` and (priority_rank, registered_at, ticket_id) > ($${n + 2}::smallint, $${n + 3}::timestamptz, $${n + 4}::uuid)`;
    return q.rows<TaskRow>(
      `select ${TASK} from cases where ${where}${from} order by priority_rank, registered_at, ticket_id limit $${n + 1}`,
      [...params, limit, ...(after ?? [])],
    );
  }
}
