import { Injectable } from '@nestjs/common';
import { type Database, type Queries } from '@gongdan/platform';

export interface MessageRow {
  id: string;
  ticket_id: string | null;
  event_id: string;
  event_name: string;
  channel: string;
  recipient: string;
  template: string;
  language: string;
  repeat: string;
  state: string;
  attempt: number;
  due_at: string;
  planned_at: string;
  finished_at: string | null;
  sent_to: string | null;
  receipt: string | null;
  error: string | null;
  attempts: {
    attempt: number;
    startedAt: string;
    endedAt: string | null;
    outcome: string | null;
    receipt: string | null;
    error: string | null;
  }[];
}

export interface MessageFilter {
  ticketId?: string | undefined;
  state?: string | undefined;
  channel?: string | undefined;
  webhookId?: string | undefined;
}

const SELECT = `
select m.id, m.ticket_id, m.event_id, m.event_name, m.channel, m.recipient, m.template, m.language, m.repeat, m.state, m.attempt, m.due_at, m.planned_at, m.finished_at,
       m.sent_to, m.receipt, m.error, coalesce((
         select json_agg(json_build_object('attempt', a.attempt, 'startedAt', to_char(a.started_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
           'endedAt', to_char(a.ended_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'outcome', a.outcome, 'receipt', a.receipt, 'error', a.error) order by a.attempt)
         from message_attempts a where a.message_id = m.id), '[]') as attempts
from messages m`;

/** Queries for people who ask what became of a message. */
@Injectable()
export class MessageListsStore {
  async one(db: Database, org: string, id: string): Promise<MessageRow | undefined> {
    return db.one<MessageRow>(`${SELECT} where m.org = $1 and m.id = $2::uuid`, [org, id]);
  }

  /** Newest first. */
  async list(
    db: Queries,
    org: string,
    f: MessageFilter,
    after: { at: string; id: string } | undefined,
    limit: number,
  ): Promise<MessageRow[]> {
    const params: (string | number)[] = [org, limit];
    const where = ['m.org = $1'];
    const also = (sql: (p: string) => string, value: string | undefined): void => {
      if (value !== undefined) where.push(sql(`$${params.push(value)}`));
    };
    also((p) => `m.ticket_id = ${p}::uuid`, f.ticketId);
    also((p) => `m.webhook_id = ${p}::uuid`, f.webhookId);
    also((p) => `m.state = ${p}`, f.state);
    also((p) => `m.channel = ${p}`, f.channel);
    if (after) where.push(`(m.planned_at, m.id) < ($${params.push(after.at)}::timestamptz, $${params.push(after.id)}::uuid)`);
    return db.rows<MessageRow>(`${SELECT} where ${where.join(' and ')} order by m.planned_at desc, m.id desc limit $2`, params);
  }
}
