import { performance } from 'node:perf_hooks';
import { type Producer, topicOf, toWire } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { type Database, type Row } from '@gongdan/platform';
import { type Bus, type OutgoingMessage } from '../kafka/bus.js';
import { Load } from '../load.js';
import { Poller, type Rest } from '../poller.js';
import { Leases } from './leases.js';
import { type EventSigner } from '../signatures/signatures.js';

interface OutboxRow extends Row {
  id: number;
  part: number;
  org: string;
  ticket_id: string;
  seq: number;
  event_id: string;
  name: string;
  version: number;
  occurred_at: string;
  correlation_id: string;
  causation_id: string | null;
  traceparent: string | null;
  actor_id: string;
  actor_name: string | null;
  data: string;
}

// One statement deletes what was acknowledged and reads what is next. Its two halves see the same snapshot, so the deleted rows are still there
// to be left out. The lease is no condition: the relay that received the acknowledgement may delete, also when its lease was taken meanwhile, because
// what it sent is on the bus. (A guard by the epoch of the lease stood here; its removal harmed nothing.) A deletion that a crash of Postgres
// forgets only makes duplicates, which the marks drop, so it does not wait for the disk.
const DELETE_AND_FETCH = `
  with unsynced as (select set_config('synchronous_commit', 'off', true) where cardinality($4::bigint[]) > 0),
  sent as (delete from outbox using unsynced where id = any($4::bigint[]))
  select o.id, o.part, e.org, e.ticket_id, e.seq, e.event_id, e.name, e.version, e.occurred_at, e.correlation_id, e.causation_id, e.traceparent,
         e.actor_id, e.actor_name, e.data::text as data
  from (select * from outbox where id > $1 and part = any($2::smallint[]) and id <> all($4::bigint[]) order by id limit $3) o
  join ticket_event e using (org, ticket_id, seq) order by o.id`;

/** Longer than any transaction may live (database.ts: a statement 60 s, a pause 15 s), so a row with an id this old is committed or gone. */
const LONGEST_TX_MS = 120_000;
const SWEEP_EVERY_MS = 30_000;
const BATCH_BYTES = 2_000_000;
/** With other replicas: events that they commit into the partitions of this one do not wake it. */
const LONGEST_IDLE_MS = 500;
const RENEW_MS = 2_000;
/** A batch of so many shows that there is no need to gather. */
const SMALL_BATCH = 64;
/**
 * Acknowledged rows are deleted with the next fetch. Without new events the deletion comes after this time, so that a trickle of events costs
 * one statement each and not two (relay.spec.ts counts them). A relay that is killed meanwhile publishes these rows again.
 */
const DELETE_WITHIN_MS = 250;

export interface RelayOptions {
  database: Database;
  bus: Bus;
  producer: Producer;
  /** Signs what is published; without one (demo and test) messages go out unsigned. */
  signer?: EventSigner | undefined;
  batch?: number;
  onSent?: (count: number, ms: number) => void;
  onError?: (error: unknown) => void;
}

/**
 * Moves committed events to the bus: oldest first, one batch in flight, deleted after the acknowledgement. One relay reads a partition at
 * a time; parallel readers with SKIP LOCKED swapped events of one ticket in 6 % of cases (docs/adr/0003).
 */
export class Relay {
  readonly leases: Leases;
  private readonly poller: Poller;
  private readonly load = new Load();
  private readonly published: { id: number; at: number }[] = [];
  private floor = 0;
  private swept = 0;
  private leasedAt = -Infinity;
  private idleMs = 5;
  private acknowledged: number[] = [];
  /** Monotonic ms until which the deletion of acknowledged rows may wait for the next event. */
  private deleteBy = 0;
  /** An event was appended, or rows may wait behind those that were sent. */
  private mustFetch = false;
  /** Monotonic ms of the last turn of the loop that reached the database. */
  aliveAt = performance.now();

  constructor(private readonly options: RelayOptions) {
    this.leases = new Leases(options.database, newId());
    // The broker or the database is unavailable: the outbox keeps everything.
    this.poller = new Poller({ turn: () => this.turn(), onError: (error) => this.options.onError?.(error) });
  }

  start(): void {
    this.poller.start();
  }

  /** Something was committed to the outbox. */
  nudge(): void {
    this.mustFetch = true;
    this.poller.wake();
  }

  async stop(): Promise<void> {
    await this.poller.stop();
    if (this.acknowledged.length > 0) await this.fetch([]).catch(() => undefined);
    await this.leases.release().catch(() => undefined);
  }

  private async turn(): Promise<Rest> {
    if (performance.now() - this.leasedAt > RENEW_MS - 5) {
      // The previous owner may have left rows below the floor: those sent after later ones would swap the events of a ticket.
      if (await this.leases.tick()) [this.floor, this.published.length] = [0, 0];
      this.leasedAt = performance.now();
    }
    this.aliveAt = performance.now();
    // The commits of other replicas do not wake this relay: with them the next fetch cannot wait.
    if (!this.mustFetch && this.leases.alone && this.aliveAt < this.deleteBy) return { ms: this.deleteBy - this.aliveAt };
    this.mustFetch = false;
    this.deleteBy = 0;
    const rows = await this.fetch(this.leases.parts);
    if (rows.length === 0) {
      // Commits of this process wake the relay. With a single replica there are no others, so the next poll comes with the renewal of the leases.
      this.idleMs = this.leases.alone ? RENEW_MS : Math.min(this.idleMs * 2, LONGEST_IDLE_MS);
      return { ms: Math.min(this.idleMs, Math.max(0, this.leasedAt + RENEW_MS - performance.now())) };
    }
    const start = performance.now();
    await this.send(rows);
    this.acknowledged = rows.map((r) => r.id);
    this.options.onSent?.(rows.length, performance.now() - start);
    this.remember(rows);
    this.idleMs = 5;
    if (rows.length >= SMALL_BATCH) return { ms: 0 };
    this.deleteBy = performance.now() + DELETE_WITHIN_MS;
    // Under a stream of small commits every wake-up would cost a statement and a request for one event: the busier the process, the more events are gathered.
    return { ms: this.load.gatherMs(), wakeable: false };
  }

  private async fetch(parts: number[]): Promise<OutboxRow[]> {
    if (parts.length === 0 && this.acknowledged.length === 0) return [];
    const now = performance.now();
    const sweep = now - this.swept > SWEEP_EVERY_MS;
    if (sweep) this.swept = now;
    const { batch = 1_000, database } = this.options;
    const rows = await database.rows<OutboxRow>(DELETE_AND_FETCH, [sweep ? 0 : this.floor, parts, batch, this.acknowledged]);
    this.acknowledged = [];
    let bytes = 0;
    const cut = rows.findIndex((r, i) => (bytes += r.data.length * 2 + 600) > BATCH_BYTES && i > 0);
    // More rows may wait behind these.
    if (rows.length === batch || cut !== -1) this.mustFetch = true;
    return cut === -1 ? rows : rows.slice(0, cut);
  }

  private async send(rows: OutboxRow[]): Promise<void> {
    const byTopic = new Map<string, OutgoingMessage[]>();
    for (const row of rows) {
      const topic = topicOf(row.name).name;
      const list = byTopic.get(topic);
      const message = this.wireOf(row);
      if (list) list.push(message);
      else byTopic.set(topic, [message]);
    }
    const { bus, signer } = this.options;
    for (const [topic, messages] of byTopic) await bus.publish(topic, signer?.sign(topic, messages) ?? messages);
  }

  private wireOf(row: OutboxRow): OutgoingMessage {
    return toWire(
      {
        id: row.event_id,
        name: row.name,
        version: row.version,
        producer: this.options.producer,
        org: row.org,
        ticketId: row.ticket_id,
        seq: row.seq,
        occurredAt: row.occurred_at,
        correlationId: row.correlation_id,
        ...(row.causation_id === null ? {} : { causationId: row.causation_id }),
        ...(row.traceparent === null ? {} : { traceparent: row.traceparent }),
        actor: { id: row.actor_id, ...(row.actor_name === null ? {} : { name: row.actor_name }) },
      },
      row.data,
    );
  }

  private remember(rows: OutboxRow[]): void {
    const now = performance.now();
    const last = this.published.at(-1);
    const highest = rows.at(-1);
    if (highest && (!last || now - last.at > 5_000)) this.published.push({ id: highest.id, at: now });
    while (this.published[0] && now - this.published[0].at > LONGEST_TX_MS)
      this.floor = Math.max(this.floor, this.published.shift()?.id ?? 0);
  }
}
