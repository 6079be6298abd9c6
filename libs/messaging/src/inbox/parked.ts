import { type Queries, type Row, type Tx } from '@gongdan/platform';
import { type BusMessage } from '../kafka/bus.js';
import { type ParkedEntry, type ParkedEvent } from '../operations/bus-shapes.js';
import { type Incoming, type Refusal } from './incoming.js';
import { type Stream } from './marks.js';

export interface ParkedRow extends Row {
  id: number;
  org: string | null;
  ticket_id: string | null;
  producer: string | null;
  seq: number | null;
  name: string | null;
  version: number | null;
  topic: string;
  partition: number;
  position: string;
  headers: Record<string, string>;
  value: Buffer | null;
  kind: 'poison' | 'behind' | 'unreadable' | 'unproven' | 'conflict';
  code: string;
  error: string;
  attempts: number;
  parked_at: string;
  again_at: string | null;
}

export interface Parking extends Refusal {
  kind: ParkedRow['kind'];
  /** The record only needs something that has not arrived yet: the service retries it after 1 s, 2 s, 4 s … at most a minute. */
  again?: boolean;
}

/**
 * Parks one record. If it is parked already, only its attempts are counted. If this redrive is retrying it, it returns to its place with its new
 * error.
 */
export async function park(tx: Tx, incoming: Incoming, parking: Parking, redrive?: string): Promise<void> {
  const { kind, code, error, again } = parking;
  const { message, address } = incoming;
  // Only a proven and readable record may block its ticket. The others are stored by their position.
  const stream = kind === 'poison' || kind === 'behind' ? address : undefined;
  await tx.run(
    `insert into parked_events as p (org, ticket_id, producer, seq, name, version, topic, partition, position, headers, value, kind, code, error, again_at)
     values ($1, $2::uuid, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, case when $15::boolean then clock_timestamp() + interval '1 second' end)
     on conflict (${stream ? 'org, ticket_id, producer, seq) where ticket_id is not null' : 'topic, partition, position) where ticket_id is null'}
     do update set attempts = p.attempts + 1, tried_by = case when p.tried_by = $16::uuid then null else p.tried_by end,
       kind = case when p.tried_by = $16 then excluded.kind else p.kind end,
       code = case when p.tried_by = $16 then excluded.code else p.code end,
       error = case when p.tried_by = $16 then excluded.error else p.error end,
       again_at = case when p.tried_by = $16 then excluded.again_at + interval '1 second' * (least(60, power(2, least(p.attempts, 6))) - 1) else p.again_at end`,
    [
      stream?.org ?? null,
      stream?.ticketId ?? null,
      stream?.producer ?? null,
      stream?.seq ?? null,
      address?.name ?? null,
      address?.version ?? null,
      message.topic,
      message.partition,
      message.position,
      JSON.stringify(message.headers),
      message.value,
      kind,
      code,
      error.slice(0, 4_000),
      again ?? false,
      redrive ?? null,
    ],
  );
}

export function messageOf(row: Pick<ParkedRow, 'topic' | 'partition' | 'position' | 'headers' | 'value' | 'ticket_id'>): BusMessage {
  const { topic, partition, position, headers, value } = row;
  return { topic, partition, position, headers, value, key: row.ticket_id };
}

export interface ParkedFilter {
  ticketId?: string | undefined;
  code?: string | undefined;
  limit: number;
}

const ENTRY = `id, org, ticket_id as "ticketId", producer, seq, name, version, topic, partition, position, kind, code, attempts,
  parked_at as "parkedAt", again_at as "retryAt"`;

/** Lists parked records, oldest first, without their bytes. */
export async function listParked(db: Queries, filter: ParkedFilter): Promise<ParkedEntry[]> {
  return db.rows<ParkedEntry & Row>(
    `select ${ENTRY}, left(error, 500) as error, left(headers ->> 'ce_subject', 36) as subject, left(headers ->> 'ce_sequence', 20) as sequence
     from parked_events where ($1::uuid is null or ticket_id = $1) and ($2::text is null or code = $2) order by id limit $3`,
    [filter.ticketId ?? null, filter.code ?? null, filter.limit],
  );
}

/** One parked event with headers and payload; a payload that is no text is shown as far as it can be. */
export async function findParked(db: Queries, id: number): Promise<ParkedEvent | undefined> {
  const row = await db.one<Omit<ParkedEvent, 'value'> & { value: Buffer | null } & Row>(
    `select ${ENTRY}, error, headers, value from parked_events where id = $1`,
    [id],
  );
  return row && { ...row, value: row.value?.toString('utf8').slice(0, 20_000) ?? null };
}

/** Tickets with parked events and their number of events, the longest parked first. */
export async function ticketsWithParked(
  db: Queries,
  filter: Omit<ParkedFilter, 'limit'>,
): Promise<{ org: string; ticketId: string; events: number }[]> {
  const rows = await db.rows<{ org: string; ticket_id: string; events: number }>(
    `select org, ticket_id, count(*)::int as events from parked_events
     where ticket_id is not null and ($1::uuid is null or ticket_id = $1) and ($2::text is null or code = $2) group by org, ticket_id order by min(id)`,
    [filter.ticketId ?? null, filter.code ?? null],
  );
  return rows.map((r) => ({ org: r.org, ticketId: r.ticket_id, events: r.events }));
}

/**
 * Tickets whose first parked event is due for an automatic retry, or was parked behind one that has left meanwhile (a record that arrived
 * during a redrive).
 */
export async function ticketsDue(db: Queries, limit: number): Promise<{ org: string; ticketId: string }[]> {
  const rows = await db.rows<{ org: string; ticket_id: string }>(
    `select org, ticket_id from (select distinct on (org, ticket_id) org, ticket_id, id, kind, again_at from parked_events where ticket_id is not null order by org, ticket_id, id) f
     where kind = 'behind' or again_at <= clock_timestamp() order by id limit $1`,
    [limit],
  );
  return rows.map((r) => ({ org: r.org, ticketId: r.ticket_id }));
}

/** Locks and returns the parked events of one ticket in the order they arrived. */
export async function lockParkedOf(tx: Tx, ticket: Pick<Stream, 'org' | 'ticketId'>): Promise<ParkedRow[]> {
  return tx.rows<ParkedRow>('select * from parked_events where org = $1 and ticket_id = $2::uuid order by id for update', [
    ticket.org,
    ticket.ticketId,
  ]);
}

export async function unpark(tx: Tx, ids: readonly number[]): Promise<void> {
  await tx.run('delete from parked_events where id = any($1::bigint[])', [ids]);
}

export async function auditParked(
  tx: Tx,
  actor: string,
  action: 'redrive' | 'discard',
  reason: string | null,
  rows: readonly ParkedRow[],
): Promise<void> {
  const parked = rows.map(({ value, ...rest }) => ({ ...rest, value: value === null ? null : value.toString('base64').slice(0, 100_000) }));
  await tx.run('insert into parked_audit (actor, action, reason, parked) values ($1, $2, $3, $4)', [
    actor,
    action,
    reason,
    JSON.stringify(parked),
  ]);
}
