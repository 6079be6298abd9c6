import { type Producer, REPUBLISH } from '@gongdan/contracts';
import { type Database, type Row, type Tx } from '@gongdan/platform';
import { type Bus, type BusMessage } from '../kafka/bus.js';
import { type EventSigner } from '../signatures/signatures.js';
import { type Incoming } from './incoming.js';
import { type Stream } from './marks.js';
import { type ParkedRow } from './parked.js';

/** Stores an event that arrived before its predecessor, and notes the gap. */
export async function keepWaiting(tx: Tx, incoming: Incoming & { kind: 'event' }): Promise<void> {
  const { address: a, message: m } = incoming;
  await tx.run(
    `insert into waiting_events (org, ticket_id, producer, seq, topic, partition, position, headers, value)
     values ($1, $2::uuid, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
    [a.org, a.ticketId, a.producer, a.seq, m.topic, m.partition, m.position, JSON.stringify(m.headers), m.value],
  );
  await noteGap(tx, a, a.seq);
}

/**
 * Notes that the events of the stream up to `wantSeq` exist and have not been applied here. `unproven`: only a message without a valid
 * signature claims so. Such a gap is dropped after three requests (`askForGaps`), because that event may never have been published.
 */
export async function noteGap(tx: Tx, stream: Stream, wantSeq: number, unproven = false): Promise<void> {
  await tx.run(
    `insert into gaps as g (org, ticket_id, producer, want_seq, unproven) values ($1, $2::uuid, $3, $4, $5)
     on conflict (org, ticket_id, producer) do update set want_seq = greatest(g.want_seq, excluded.want_seq), unproven = g.unproven and excluded.unproven`,
    [stream.org, stream.ticketId, stream.producer, wantSeq, unproven],
  );
}

/** Returns the waiting events that follow `lastSeq` without a gap, and locks them. */
export async function takeWaiting(tx: Tx, stream: Stream, lastSeq: number): Promise<BusMessage[]> {
  const rows = await tx.rows<Pick<ParkedRow, 'topic' | 'partition' | 'position' | 'headers' | 'value'> & { seq: number }>(
    `select seq, topic, partition, position, headers, value from waiting_events
     where org = $1 and ticket_id = $2::uuid and producer = $3 and seq > $4 order by seq for update`,
    [stream.org, stream.ticketId, stream.producer, lastSeq],
  );
  const next = rows.filter((r, i) => r.seq === lastSeq + 1 + i);
  return next.map((r) => ({
    topic: r.topic,
    partition: r.partition,
    position: r.position,
    headers: r.headers,
    value: r.value,
    key: stream.ticketId,
  }));
}

/** Deletes waiting events and gaps that the mark has passed. */
export async function closeGaps(tx: Tx, stream: Stream, lastSeq: number): Promise<void> {
  const key = [stream.org, stream.ticketId, stream.producer, lastSeq];
  await tx.run('delete from waiting_events where org = $1 and ticket_id = $2::uuid and producer = $3 and seq <= $4', key);
  await tx.run('delete from gaps where org = $1 and ticket_id = $2::uuid and producer = $3 and want_seq <= $4', key);
}

interface GapRow extends Row {
  org: string;
  ticket_id: string;
  producer: string;
  from_seq: number;
  want_seq: number;
}

/**
 * Requests that producers publish missing stretches again: 5 s after a gap was noted, then every 30 s. Returns the number of requests. A
 * request is not an event and needs no outbox: a lost one is repeated.
 */
export async function askForGaps(database: Database, bus: Bus, self: Producer, signer?: EventSigner): Promise<number> {
  const rows = await database.rows<GapRow>(
    `with given_up as (
       delete from gaps where unproven and asked >= 3 and asked_at < clock_timestamp() - interval '30 seconds'
     ), filled as (
       -- A gap may be noted while another transaction fills it.
       delete from gaps g using marks m
       where m.org = g.org and m.ticket_id = g.ticket_id and m.producer = g.producer and m.last_seq >= g.want_seq
     )
     update gaps g set asked_at = clock_timestamp(), asked = g.asked + 1
     from marks m where m.org = g.org and m.ticket_id = g.ticket_id and m.producer = g.producer and m.last_seq < g.want_seq
       and not (g.unproven and g.asked >= 3) and g.since < clock_timestamp() - interval '5 seconds'
       and (g.asked_at is null or g.asked_at < clock_timestamp() - interval '30 seconds')
     returning g.org, g.ticket_id, g.producer, m.last_seq + 1 as from_seq, g.want_seq`,
  );
  if (rows.length === 0) return 0;
  const requests = rows.map((r) => ({
    key: r.ticket_id,
    headers: { 'content-type': 'application/json', ce_source: `/gongdan/${self}` },
    value: Buffer.from(JSON.stringify({ producer: r.producer, org: r.org, ticketId: r.ticket_id, fromSeq: r.from_seq, toSeq: r.want_seq })),
  }));
  await bus.publish(REPUBLISH.name, signer?.sign(REPUBLISH.name, requests) ?? requests);
  return rows.length;
}
