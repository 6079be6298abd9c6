import { Injectable } from '@nestjs/common';
import { omitNulls, type Queries, TableColumns, type Tx } from '@gongdan/platform';
import { type OrgLoad, type Receiver, WEBHOOK_LANES } from '../domain/lanes.js';
import { type Channel, type Tried } from '../domain/outcome.js';
import { MESSAGE_TYPES, type NewMessage } from './messages.store.js';

const { language: _language, state: _state, dueAt: _due, plannedAt: _planned, finishedAt: _finished, sentTo: _sent, receipt: _receipt, error: _error, ...CLAIMED_TYPES } =
  MESSAGE_TYPES; // prettier-ignore
const CLAIMED = new TableColumns<keyof typeof CLAIMED_TYPES>(CLAIMED_TYPES);

/** A message that one worker has claimed, with what is stored about its receiver. */
export interface ClaimedMessage extends Omit<NewMessage, 'language'>, Tried {
  /** Host and port of a webhook. */
  receiver?: string;
  url?: string;
  secretSealed?: string;
  /** Of the ticket of a mail. */
  contactSealed?: string;
  packKey?: string;
  packVersion?: number;
}

export interface ClaimRequest {
  owner: string;
  /** Messages to take at most; with 0 the answer only describes what waits. */
  limit: number;
  leaseMs: number;
  load: readonly OrgLoad[];
  slowReceivers: readonly Receiver[];
}

export interface Claim {
  messages: ClaimedMessage[];
  /** Due messages were left because there was no lane for them. */
  more: boolean;
  /** Until the next message is due; undefined when nothing is planned for later. */
  nextDueMs: number | undefined;
  /** Messages whose lease has expired wait to be settled. */
  stuck: boolean;
  /** Deliveries of webhooks that are disabled or removed wait to be given up. */
  orphans: boolean;
}

/** How an attempt ended and what the message becomes. */
export interface Settled {
  message: ClaimedMessage;
  /** Null: there was no attempt, the message was given up. */
  outcome: 'accepted' | 'refused' | 'deferred' | 'doubt' | null;
  state: 'accepted' | 'failed' | 'in-doubt' | 'planned';
  afterMs: number;
  sentTo: string | null;
  receipt: string | null;
  error: string | null;
}

// One instant for the whole statement: a message that becomes due while it runs is neither lost between two readings of the clock nor seen twice.
const INSTANT = `instant as materialized (select clock_timestamp() as now),
load as (select * from unnest($4::text[], $5::int[], $6::int[], $7::int[]) as l (org, fast, at_slow, last_turn))`;

// The attempt is counted and committed before the provider is called: after a crash it shows as an attempt without an end.
const TAKE = `taken as (
  update messages m set state = 'sending', attempt = m.attempt + 1, owner = $1::uuid, lease_until = instant.now + $3 * interval '1 millisecond'
  from due, instant where m.id = due.id returning m.*
), counted as (insert into message_attempts (message_id, attempt) select id, attempt from taken)`;

const answer = (channel: Channel, orphans: string): string => `
  (select extract(epoch from min(w.due_at - i.now))::float8 * 1000 from waiting w, instant i where w.due_at > i.now) as "nextDueMs",
  (select count(*) from candidates) > (select count(*) from taken) as more,
  exists (select 1 from messages s, instant i where s.state = 'sending' and s.lease_until < i.now and s.channel = '${channel}') as stuck,
  ${orphans} as orphans`;

// A skip scan of messages_due_mail finds the organisations that wait. The one with the fewest mails under way comes first: ten thousand mails
// of one organisation delay those of another by one mail and not by ten thousand.
const CLAIM_MAILS = `
with recursive ${INSTANT},
waiting as (
  (select org, due_at from messages where state = 'planned' and channel = 'email' order by org, due_at limit 1)
  union all
  select n.org, n.due_at from waiting w cross join lateral (
    select org, due_at from messages where state = 'planned' and channel = 'email' and org > w.org order by org, due_at limit 1) n
),
candidates as (
  select d.id, d.due_at, l.last_turn, coalesce(l.fast, 0) + row_number() over (partition by w.org order by d.due_at) as turn
  from waiting w cross join instant left join load l using (org) cross join lateral (
    select m.id, m.due_at from messages m where m.state = 'planned' and m.channel = 'email' and m.org = w.org and m.due_at <= instant.now
    order by m.due_at limit $2 + 1) d
  where w.due_at <= instant.now
),
due as (
  select m.id from candidates c join messages m using (id) where m.state = 'planned' order by c.turn, c.last_turn nulls first, c.due_at limit $2 for update of m skip locked
), ${TAKE}
select ${CLAIMED.select('t')}, k.contact_sealed as "contactSealed", k.pack_key as "packKey", k.pack_version as "packVersion", ${answer('email', 'false')}
from (select 1) one left join taken t on true left join known_tickets k on k.org = t.org and k.id = t.ticket_id`;

// The same over messages_due_webhook, webhook by webhook, within the limits of WEBHOOK_LANES. Within one organisation, receivers that are not slow
// come first, then those with the fewest attempts. The limits are literals: with parameters, the generic plan of a prepared statement sorts the
// backlog of each webhook (1,000 webhooks with 100 messages each: 400 ms instead of 40).
const { perReceiver, fastPerOrg, slowReceiversPerOrg } = WEBHOOK_LANES;
const CLAIM_DELIVERIES = `
with recursive ${INSTANT},
slow as (select * from unnest($8::text[], $9::text[]) as s (org, receiver)),
waiting as (
  (select org, webhook_id, due_at from messages where state = 'planned' and channel = 'webhook' order by webhook_id, due_at limit 1)
  union all
  select n.org, n.webhook_id, n.due_at from waiting w cross join lateral (
    select org, webhook_id, due_at from messages where state = 'planned' and channel = 'webhook' and webhook_id > w.webhook_id order by webhook_id, due_at limit 1) n
),
busy as (
  select w.org, w.receiver, count(*) as attempts from messages m join webhooks w on w.org = m.org and w.id = m.webhook_id
  where m.state = 'sending' and m.channel = 'webhook' group by 1, 2
),
candidates as (
  select d.id, d.due_at, h.org, s.org is not null as slow, coalesce(b.attempts, 0) + row_number() over (partition by h.org, h.receiver order by d.due_at) as place
  from waiting w cross join instant join webhooks h on h.org = w.org and h.id = w.webhook_id and h.disabled_at is null
  left join busy b on b.org = h.org and b.receiver = h.receiver left join slow s on s.org = h.org and s.receiver = h.receiver cross join lateral (
    select m.id, m.due_at from messages m where m.state = 'planned' and m.channel = 'webhook' and m.webhook_id = h.id and m.due_at <= instant.now
    order by m.due_at limit ${perReceiver + 1}) d
  where w.due_at <= instant.now
),
placed as (
  select c.*, row_number() over (partition by c.org, c.slow order by c.place, c.due_at) + coalesce(l.at_slow, 0) as slow_turn
  from candidates c left join load l using (org) where c.place <= case when c.slow then 1 else ${perReceiver} end
),
turns as (
  select p.*, l.last_turn, row_number() over (partition by p.org order by p.slow, p.place, p.due_at) + coalesce(l.fast, 0) as turn
  from placed p left join load l using (org) where not p.slow or p.slow_turn <= ${slowReceiversPerOrg}
),
due as (
  select m.id from turns c join messages m using (id) where m.state = 'planned' and c.turn <= ${fastPerOrg} order by c.turn, c.last_turn nulls first, c.due_at limit $2 for update of m skip locked
), ${TAKE}
select ${CLAIMED.select('t')}, h.receiver, h.url, h.secret_sealed as "secretSealed", ${answer(
  'webhook',
  'exists (select 1 from waiting w join webhooks d on d.org = w.org and d.id = w.webhook_id where d.disabled_at is not null)',
)}
from (select 1) one left join taken t on true left join webhooks h on h.org = t.org and h.id = t.webhook_id`;

const SETTLED = new TableColumns({
  id: 'uuid', attempt: 'int', outcome: 'text', state: 'text', afterMs: 'bigint', sentTo: 'text', receipt: 'text', error: 'text', org: 'text', ticketId: 'uuid',
}); // prettier-ignore

// Only what this worker still holds: when a lease has expired, another worker has settled the attempt. Tickets are locked in key order, as the
// consumer does, and only those that get an event. Without an owner the caller has locked the messages before. There are two texts, because one with
// `$2 is null or` is planned anew each time (platform's Plans), which cost more than running it.
const settle = (held: string): string => `
with s as (select * from ${SETTLED.recordset('$1', 'r')}),
held as (
  select m.id from messages m join s on s.id = m.id ${held}
  order by m.id for update of m
),
ended as (
  update message_attempts a set ended_at = clock_timestamp(), outcome = s.outcome, receipt = s.receipt, error = s.error
  from s join held on held.id = s.id where a.message_id = s.id and a.attempt = s.attempt and s.outcome is not null
),
settled as (
  update messages m set state = s.state, owner = null, lease_until = null, sent_to = coalesce(s."sentTo", m.sent_to), receipt = s.receipt, error = s.error,
         due_at = clock_timestamp() + s."afterMs" * interval '1 millisecond', finished_at = case when s.state = 'planned' then null else clock_timestamp() end
  from s join held on held.id = s.id where m.id = s.id returning m.id
),
tickets as (
  select t.id from known_tickets t join (select distinct org, "ticketId" as id from s where state <> 'planned' and "ticketId" is not null) k using (org, id)
  order by t.org, t.id for update of t
)
select id, (select count(*) from tickets) as tickets from settled`;
const SETTLE_OWN = settle(`where m.state = 'sending' and m.owner = $2::uuid and m.attempt = s.attempt`);
const SETTLE_LOCKED = settle('');

/** The queue of messages: which worker claims which messages, and how their attempts end. */
@Injectable()
export class ClaimsStore {
  /** Takes due messages for one worker; another worker that claims at the same time gets others. It is always one statement. */
  async claim(db: Queries, channel: Channel, request: ClaimRequest): Promise<Claim> {
    const { owner, limit, leaseMs, load, slowReceivers } = request;
    const common = [
      owner,
      limit,
      leaseMs,
      load.map((l) => l.org),
      load.map((l) => l.fast),
      load.map((l) => l.atSlowReceivers),
      load.map((l) => l.lastTurn),
    ];
    const rows = await (channel === 'email'
      ? db.rows<ClaimedMessage & Omit<Claim, 'messages'>>(CLAIM_MAILS, common)
      : db.rows<ClaimedMessage & Omit<Claim, 'messages'>>(CLAIM_DELIVERIES, [
          ...common,
          slowReceivers.map((r) => r.org),
          slowReceivers.map((r) => r.receiver),
        ]));
    const [first] = rows;
    return {
      messages: rows
        .filter((row) => row.id !== null)
        .map(({ more: _more, nextDueMs: _next, stuck: _stuck, orphans: _orphans, ...message }) => omitNulls(message)),
      more: first?.more ?? false,
      nextDueMs: first?.nextDueMs ?? undefined,
      stuck: first?.stuck ?? false,
      orphans: first?.orphans ?? false,
    };
  }

  /** Renews the leases of the messages that this worker has claimed. A message that is being settled at this moment is left out: it needs no lease any more. */
  async renew(db: Queries, owner: string, ids: readonly string[], leaseMs: number): Promise<void> {
    await db.run(
      `update messages set lease_until = clock_timestamp() + $3 * interval '1 millisecond' where id in (
         select id from messages where id = any($1::uuid[]) and state = 'sending' and owner = $2::uuid for update skip locked)`,
      [ids, owner, leaseMs],
    );
  }

  /** Locks messages whose worker died between the commit before the call and the one after it. */
  async lockStuck(tx: Tx, channel: Channel, limit: number): Promise<ClaimedMessage[]> {
    const rows = await tx.rows<ClaimedMessage>(
      `select ${CLAIMED.select('m')} from messages m
       where state = 'sending' and lease_until < clock_timestamp() and channel = $1 order by lease_until limit $2 for update skip locked`,
      [channel, limit],
    );
    return rows.map((row) => omitNulls(row));
  }

  /** Locks planned deliveries of webhooks that are disabled or removed. */
  async lockOrphans(tx: Tx, limit: number): Promise<ClaimedMessage[]> {
    const rows = await tx.rows<ClaimedMessage>(
      `select ${CLAIMED.select('m')} from webhooks w join messages m on m.webhook_id = w.id and m.state = 'planned' and m.channel = 'webhook'
       where w.disabled_at is not null order by m.id limit $1 for update of m skip locked`,
      [limit],
    );
    return rows.map((row) => omitNulls(row));
  }

  /**
   * Writes down how attempts ended, and locks the tickets of those that are final. Returns the ids of the messages it settled: without an owner
   * all of them, with one only those that this worker still holds.
   */
  async settle(tx: Tx, owner: string | null, list: readonly Settled[]): Promise<Set<string>> {
    if (list.length === 0) return new Set();
    const rows = list.map(({ message: { id, attempt, org, ticketId }, outcome, state, afterMs, sentTo, receipt, error }) => {
      return { id, attempt, outcome, state, afterMs, sentTo, receipt, error, org, ticketId };
    });
    const settled = await (owner === null
      ? tx.rows<{ id: string }>(SETTLE_LOCKED, [JSON.stringify(rows)])
      : tx.rows<{ id: string }>(SETTLE_OWN, [JSON.stringify(rows), owner]));
    return new Set(settled.map((r) => r.id));
  }
}
