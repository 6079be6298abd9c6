import { Injectable } from '@nestjs/common';
import { type Scope } from '@gongdan/directory';
import { omitNulls, type Queries, type SqlValue, TableColumns } from '@gongdan/platform';
import { type Channel, type MessageState } from '../domain/outcome.js';
import { MESSAGE_TYPES, type NewMessage } from './messages.store.js';

export interface AttemptRow {
  attempt: number;
  startedAt: string;
  endedAt: string | null;
  outcome: string | null;
  receipt: string | null;
  error: string | null;
}

/** A message without its content, with its attempts. */
export interface MessageRow extends Omit<NewMessage, 'content'> {
  state: MessageState;
  attempt: number;
  dueAt: string;
  plannedAt: string;
  finishedAt?: string;
  sentTo?: string;
  receipt?: string;
  error?: string;
  attempts: AttemptRow[];
}

export interface MessageFilter {
  ticketId?: string | undefined;
  state?: string | undefined;
  channel?: string | undefined;
  webhookId?: string | undefined;
  /** The units that the caller reaches. What is about no ticket is reached with the whole organisation only. */
  scope: Scope;
}

const { content: _content, earlierAttempts: _earlier, ...LISTED_TYPES } = MESSAGE_TYPES;
const LISTED = new TableColumns<keyof typeof LISTED_TYPES>(LISTED_TYPES);
const instant = (column: string): string => `to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const SELECT = `
select ${LISTED.select('m')}, coalesce((
  select json_agg(json_build_object('attempt', a.attempt, 'startedAt', ${instant('a.started_at')}, 'endedAt', ${instant('a.ended_at')},
                                    'outcome', a.outcome, 'receipt', a.receipt, 'error', a.error) order by a.attempt)
  from message_attempts a where a.message_id = m.id), '[]') as attempts
from messages m`;

// messages_due_mail, messages_due_webhook, messages_sending and messages_not_sent: what was sent is not counted, because nothing deletes it.
const COUNTS = `
select channel, state, count(*)::int as messages from messages where state in ('planned', 'sending') group by 1, 2
union all
select channel, state, count(*)::int from messages where state in ('failed', 'in-doubt') and finished_at > clock_timestamp() - interval '24 hours' group by 1, 2`;

const OLDEST = `
select c.channel, coalesce(extract(epoch from clock_timestamp() - min(m.planned_at)), 0)::float8 as seconds
from unnest(array['email', 'webhook']) as c (channel) left join messages m on m.channel = c.channel and m.state in ('planned', 'sending') group by 1`;

const ticketIn = (units: string): string =>
  `exists (select 1 from known_tickets t where t.org = m.org and t.id = m.ticket_id and t.unit = any (${units}::text[]))`;

/** Queries about messages, for people and for gauges. */
@Injectable()
export class MessageListsStore {
  async one(db: Queries, org: string, scope: Scope, id: string): Promise<MessageRow | undefined> {
    const where = `m.org = $1 and m.id = $2::uuid and ($3::boolean or ${ticketIn('$4')})`;
    const row = await db.one<MessageRow>(`${SELECT} where ${where}`, [org, id, scope.all, scope.units]);
    return row && omitNulls(row);
  }

  /** Newest first. */
  async list(
    db: Queries,
    org: string,
    filter: MessageFilter,
    after: { at: string; id: string } | undefined,
    limit: number,
  ): Promise<MessageRow[]> {
    const params: SqlValue[] = [org, limit];
    const where = ['m.org = $1'];
    const equal = (column: string, type: string, value: string | undefined): void => {
      if (value !== undefined) where.push(`m.${column} = $${params.push(value)}::${type}`);
    };
    equal('ticket_id', 'uuid', filter.ticketId);
    equal('webhook_id', 'uuid', filter.webhookId);
    equal('state', 'text', filter.state);
    equal('channel', 'text', filter.channel);
    if (!filter.scope.all) where.push(ticketIn(`$${params.push(filter.scope.units)}`));
    if (after) where.push(`(m.planned_at, m.id) < ($${params.push(after.at)}::timestamptz, $${params.push(after.id)}::uuid)`);
    const rows = await db.rows<MessageRow>(`${SELECT} where ${where.join(' and ')} order by m.planned_at desc, m.id desc limit $2`, params);
    return rows.map((row) => omitNulls(row));
  }

  /** Messages that are not sent yet, and those that failed or are in doubt since 24 hours. */
  async counts(db: Queries): Promise<{ channel: Channel; state: MessageState; messages: number }[]> {
    return db.rows(COUNTS);
  }

  /** Seconds since the oldest message that is not sent yet was planned; 0 when there is none. */
  async oldest(db: Queries): Promise<{ channel: Channel; seconds: number }[]> {
    return db.rows(OLDEST);
  }
}
