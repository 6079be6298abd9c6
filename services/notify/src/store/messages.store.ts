import { Injectable } from '@nestjs/common';
import { type SqlValue, type Queries, type Tx } from '@gongdan/platform';
import { type Channel, type MessageState, type Tried } from '../domain/outcome.js';
import { type Repeat } from '../domain/plan.js';

/** What is stored when a message is planned. */
export interface NewMessage {
  id: string;
  org: string;
  ticketId: string | null;
  eventId: string;
  eventName: string;
  correlationId: string;
  traceparent: string | null;
  channel: Channel;
  webhookId: string | null;
  recipient: string;
  template: string;
  language: string;
  repeat: Repeat;
  content: string;
}

/** A message in somebody's hands. */
export interface ClaimedMessage extends Tried {
  org: string;
  ticket_id: string | null;
  event_id: string;
  event_name: string;
  correlation_id: string;
  traceparent: string | null;
  webhook_id: string | null;
  recipient: string;
  template: string;
  content: string;
}

/** How an attempt ended and what the message becomes. */
export interface Settled {
  message: ClaimedMessage;
  /** Absent: there was no attempt, the message was given up. */
  outcome: 'accepted' | 'refused' | 'deferred' | 'doubt' | null;
  state: 'accepted' | 'failed' | 'in-doubt' | 'planned';
  afterMs: number;
  sentTo: string | null;
  receipt: string | null;
  error: string | null;
}

const INSERT = `
insert into messages (id, org, ticket_id, event_id, event_name, correlation_id, traceparent, channel, webhook_id, recipient, template, language, repeat, content)
select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::uuid[], $10::text[], $11::text[], $12::text[],
                     $13::text[], $14::text[])
on conflict (id) do nothing`;

const CLAIMED = `m.id, m.org, m.channel, m.ticket_id, m.event_id, m.event_name, m.correlation_id, m.traceparent, m.webhook_id, m.recipient, m.template, m.repeat, m.attempt, m.earlier_attempts, m.content`;

// The attempt is counted and committed before the provider is called: a crash after it is seen as an attempt nobody ended.
const TAKE = `taken as (
  update messages m set state = 'sending', attempt = m.attempt + 1, owner = $1::uuid, lease_until = clock_timestamp() + $3 * interval '1 millisecond'
  from due where m.id = due.id returning ${CLAIMED}
), counted as (insert into message_attempts (message_id, attempt) select id, attempt from taken)
select * from taken`;

// messages_due
const CLAIM_MAIL = `
with due as (
  select id from messages where state = 'planned' and channel = 'email' and due_at <= clock_timestamp() order by due_at limit $2 for update skip locked
), ${TAKE}`;

// messages_due_webhook, hook by hook: a receiver that hangs holds $4 places at most and never those of the others.
const CLAIM_WEBHOOKS = `
with due as (
  select d.id from (select id from webhooks where disabled_at is null order by random()) w cross join lateral (
    select m.id from messages m where m.webhook_id = w.id and m.state = 'planned' and m.channel = 'webhook' and m.due_at <= clock_timestamp()
    order by m.due_at limit greatest(0, $4 - (select count(*) from messages s where s.state = 'sending' and s.webhook_id = w.id)) for update skip locked
  ) d limit $2
), ${TAKE}`;

const NEXT_MAIL = `
select extract(epoch from min(due_at) - clock_timestamp()) * 1000 as ms from messages where state = 'planned' and channel = 'email'`;

// messages_due_webhook, one look per receiver that has a place left: of the others nothing can be claimed, however long it has been due.
const NEXT_WEBHOOK = `
select extract(epoch from min(d.due_at) - clock_timestamp()) * 1000 as ms
from (select id from webhooks where disabled_at is null) w cross join lateral (
  select m.due_at from messages m where m.webhook_id = w.id and m.state = 'planned' and m.channel = 'webhook'
  and $1 > (select count(*) from messages s where s.state = 'sending' and s.webhook_id = w.id) order by m.due_at limit 1
) d`;

const SETTLE = `
with s as (
  select * from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[])
    as s (id, attempt, outcome, state, after_ms, sent_to, receipt, error)
), ended as (
  update message_attempts a set ended_at = clock_timestamp(), outcome = s.outcome, receipt = s.receipt, error = s.error
  from s where a.message_id = s.id and a.attempt = s.attempt and s.outcome is not null
)
update messages m set state = s.state, owner = null, lease_until = null, sent_to = coalesce(s.sent_to, m.sent_to), receipt = s.receipt, error = s.error,
       due_at = clock_timestamp() + s.after_ms * interval '1 millisecond', finished_at = case when s.state = 'planned' then null else clock_timestamp() end
from s where m.id = s.id`;

@Injectable()
export class MessagesStore {
  private readonly nudges: (() => void)[] = [];

  /** Called after each commit that planned something. */
  onPlanned(nudge: () => void): void {
    this.nudges.push(nudge);
  }

  async plan(tx: Tx, list: readonly NewMessage[]): Promise<void> {
    if (list.length === 0) return;
    const column = (pick: (m: NewMessage) => SqlValue) => list.map(pick) as SqlValue;
    await tx.run(INSERT, [
      column((m) => m.id),
      column((m) => m.org),
      column((m) => m.ticketId),
      column((m) => m.eventId),
      column((m) => m.eventName),
      column((m) => m.correlationId),
      column((m) => m.traceparent),
      column((m) => m.channel),
      column((m) => m.webhookId),
      column((m) => m.recipient),
      column((m) => m.template),
      column((m) => m.language),
      column((m) => m.repeat),
      column((m) => m.content),
    ]);
    tx.afterCommit(() => this.nudges.forEach((nudge) => nudge()));
  }

  /** A delivery's state, until the end of the transaction; undefined where this webhook has none such. */
  async lockDelivery(tx: Tx, org: string, webhookId: string, id: string): Promise<MessageState | undefined> {
    const row = await tx.one<{ state: MessageState }>(
      'select state from messages where org = $1 and webhook_id = $2::uuid and id = $3::uuid for update',
      [org, webhookId, id],
    );
    return row?.state;
  }

  /** Due now, with all its tries ahead; earlier attempts stay on record. */
  async planAgain(tx: Tx, id: string): Promise<void> {
    await tx.run(
      `update messages set state = 'planned', earlier_attempts = attempt, due_at = clock_timestamp(), receipt = null, error = null, finished_at = null where id = $1::uuid`,
      [id],
    );
    tx.afterCommit(() => this.nudges.forEach((nudge) => nudge()));
  }

  /** Takes due messages for one worker; whoever else asks at the same time gets others. */
  async claim(db: Queries, channel: Channel, owner: string, limit: number, leaseMs: number, perWebhook: number): Promise<ClaimedMessage[]> {
    if (channel === 'email') return db.rows<ClaimedMessage>(CLAIM_MAIL, [owner, limit, leaseMs]);
    return db.rows<ClaimedMessage>(CLAIM_WEBHOOKS, [owner, limit, leaseMs, perWebhook]);
  }

  /** Keeps messages in this worker's hands. Those being settled at this moment are passed over: they need no lease any more. */
  async renew(db: Queries, owner: string, ids: readonly string[], leaseMs: number): Promise<void> {
    await db.run(
      `update messages set lease_until = clock_timestamp() + $3 * interval '1 millisecond' where id in (
         select id from messages where id = any($1::uuid[]) and state = 'sending' and owner = $2::uuid for update skip locked)`,
      [ids, owner, leaseMs],
    );
  }

  /** Milliseconds until the next message that may be claimed is due, judged by the database; undefined when there is none. */
  async nextDue(db: Queries, channel: Channel, perWebhook: number): Promise<number | undefined> {
    const row = await (channel === 'email'
      ? db.one<{ ms: string | null }>(NEXT_MAIL)
      : db.one<{ ms: string | null }>(NEXT_WEBHOOK, [perWebhook]));
    return row?.ms == null ? undefined : Math.max(0, Number(row.ms));
  }

  /** Those still in this worker's hands; what a lapsed lease gave to somebody else is not ours to settle. Locks before tickets are locked. */
  async lockHeld(tx: Tx, owner: string, ids: readonly string[]): Promise<Set<string>> {
    const rows = await tx.rows<{ id: string }>(
      `select id from messages where id = any($1::uuid[]) and state = 'sending' and owner = $2::uuid order by id for update`,
      [ids, owner],
    );
    return new Set(rows.map((r) => r.id));
  }

  /** Messages whose worker died between the commit before the call and the one after it. */
  async lockStuck(tx: Tx, channel: Channel, limit: number): Promise<ClaimedMessage[]> {
    return tx.rows<ClaimedMessage>(
      `select ${CLAIMED} from messages m where state = 'sending' and lease_until < clock_timestamp() and channel = $1 order by lease_until limit $2 for update skip locked`,
      [channel, limit],
    );
  }

  /** Planned deliveries of webhooks that are gone. */
  async lockOrphans(tx: Tx, limit: number): Promise<ClaimedMessage[]> {
    return tx.rows<ClaimedMessage>(
      `select ${CLAIMED} from webhooks w join messages m on m.webhook_id = w.id and m.state = 'planned' and m.channel = 'webhook'
       where w.disabled_at is not null order by m.id limit $1 for update of m skip locked`,
      [limit],
    );
  }

  async settle(tx: Tx, list: readonly Settled[]): Promise<void> {
    if (list.length === 0) return;
    const column = (pick: (s: Settled) => SqlValue) => list.map(pick) as SqlValue;
    await tx.run(SETTLE, [
      column((s) => s.message.id),
      column((s) => s.message.attempt),
      column((s) => s.outcome),
      column((s) => s.state),
      column((s) => s.afterMs),
      column((s) => s.sentTo),
      column((s) => s.receipt),
      column((s) => s.error),
    ]);
  }

  async backlog(db: Queries): Promise<{ channel: Channel; rows: number }[]> {
    return db.rows(`select channel, count(*) as rows from messages where state in ('planned', 'sending') group by channel`);
  }
}
