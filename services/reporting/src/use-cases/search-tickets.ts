import { Injectable } from '@nestjs/common';
import { NotFound } from '@gongdan/kernel';
import { Database, type Row, type Tx } from '@gongdan/platform';
import { type ClockRow } from '../projections/clock-row.js';
import { type TicketRow } from '../projections/ticket-row.js';
import { type Search, whereOf } from '../store/search.js';

export interface HistoryEntry {
  eventId: string;
  producer: string;
  seq: number;
  name: string;
  occurredAt: string;
  actor: { id: string; name: string | null };
  causationId: string | null;
  correlationId: string;
  data: Record<string, unknown>;
}

@Injectable()
export class SearchTickets {
  constructor(private readonly database: Database) {}

  /** Newest first, behind the cursor. */
  async page(org: string, search: Search, after: { at: string; id: string } | undefined, limit: number): Promise<TicketRow[]> {
    const where = whereOf(org, search);
    const params = [...where.params, after?.at ?? null, after?.id ?? null, limit];
    const n = where.params.length;
    return this.database.rows<TicketRow & Row>(
      `select * from ticket_rows where ${where.sql} and ($${n + 1}::timestamptz is null or (registered_at, id) < ($${n + 1}, $${n + 2}::uuid))
       order by registered_at desc, id desc limit $${n + 3}`,
      params,
    );
  }

  /** A ticket with its promises and everything ever said about it, in the order it was heard. */
  async history(org: string, id: string): Promise<{ ticket: TicketRow; clocks: ClockRow[]; history: HistoryEntry[] }> {
    // One snapshot: a row from before an event beside a history from after it would contradict itself.
    return this.database.transaction(async (tx) => {
      await tx.run('set transaction isolation level repeatable read, read only');
      return this.historyIn(tx, org, id);
    });
  }

  private async historyIn(tx: Tx, org: string, id: string): Promise<{ ticket: TicketRow; clocks: ClockRow[]; history: HistoryEntry[] }> {
    const ticket = await tx.one<TicketRow & Row>('select * from ticket_rows where org = $1 and id = $2::uuid', [org, id]);
    if (!ticket) throw new NotFound('reporting/no-such-ticket');
    const clocks = await tx.rows<ClockRow & Row>(
      'select * from clock_rows where org = $1 and ticket_id = $2::uuid order by started_at, clock',
      [org, id],
    );
    const rows = await tx.rows<
      Row & {
        event_id: string;
        producer: string;
        seq: number;
        name: string;
        occurred_at: string;
        actor_id: string;
        actor_name: string | null;
        causation_id: string | null;
        correlation_id: string;
        data: Record<string, unknown>;
      }
    >('select * from ticket_history where org = $1 and ticket_id = $2::uuid order by n', [org, id]);
    const history = rows.map((r) => ({
      eventId: r.event_id,
      producer: r.producer,
      seq: r.seq,
      name: r.name,
      occurredAt: r.occurred_at,
      actor: { id: r.actor_id, name: r.actor_name },
      causationId: r.causation_id,
      correlationId: r.correlation_id,
      data: r.data,
    }));
    return { ticket, clocks, history };
  }
}
