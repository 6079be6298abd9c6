import { performance } from 'node:perf_hooks';
import { type Producer, topicOf, toWire } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { type Database, type Row } from '@gongdan/platform';
import { type Bus, type OutgoingMessage } from '../kafka/bus.js';
import { Leases } from './leases.js';
import { type EventSigner } from '../signatures/signatures.js';
import { Wakeable } from '../wakeable.js';

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

const FETCH = `
  select o.id, o.part, e.org, e.ticket_id, e.seq, e.event_id, e.name, e.version, e.occurred_at, e.correlation_id, e.causation_id, e.traceparent,
         e.actor_id, e.actor_name, e.data::text as data
  from (select * from outbox where id > $1 and part = any($2::smallint[]) order by id limit $3) o
  join ticket_event e using (org, ticket_id, seq) order by o.id`;

// A zombie whose lease was taken deletes nothing: the new owner sends those rows again and the consumers' marks drop them. A deletion that
// a crash of Postgres forgets ends the same way, so it does not wait for the disk.
const DELETE = `
  with unsynced as (select set_config('synchronous_commit', 'off', true))
  delete from outbox o using unnest($2::smallint[], $3::bigint[]) as held (part, epoch), outbox_leases l, unsynced
  where o.id = any($1::bigint[]) and o.part = held.part and l.part = held.part and l.owner = $4 and l.epoch = held.epoch`;

/** Longer than any transaction may live (database.ts: statement 60 s, idle 15 s), so an id this old is committed or gone. */
const LONGEST_TX_MS = 120_000;
const SWEEP_EVERY_MS = 30_000;
const BATCH_BYTES = 2_000_000;
/** Own commits nudge; a look only finds what another process put there. Alone, there is none: then it goes with the renewal of the leases. */
const LONGEST_IDLE_MS = 500;
const RENEW_MS = 2_000;
const SMALL_BATCH = 64;
const GATHER_MS = 6;
/** From about a thousand events a second on: a fuller request is worth more than ten milliseconds. */
const BUSY_BATCH = 12;
const BUSY_GATHER_MS = 20;

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
  private readonly wake = new Wakeable();
  private readonly published: { id: number; at: number }[] = [];
  private floor = 0;
  private swept = 0;
  private leasedAt = -Infinity;
  private running: Promise<void> | undefined;
  private stopping = false;
  /** Monotonic ms of the last turn of the loop that reached the database. */
  aliveAt = performance.now();

  constructor(private readonly options: RelayOptions) {
    this.leases = new Leases(options.database, newId());
  }

  start(): void {
    this.running ??= this.loop();
  }

  nudge(): void {
    this.wake.now();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.wake.end();
    await this.running;
    await this.leases.release().catch(() => undefined);
  }

  private async loop(): Promise<void> {
    let idleMs = 5;
    let failures = 0;
    while (!this.stopping) {
      try {
        const moved = await this.turn();
        failures = 0;
        idleMs = moved > 0 ? 5 : Math.min(idleMs * 2, this.leases.alone ? RENEW_MS : LONGEST_IDLE_MS);
        if (moved === 0) await this.wake.sleep(idleMs);
        // Under a stream of small commits every nudge would cost a fetch, a request and a delete for one event: let a few gather.
        else if (moved < SMALL_BATCH) await this.wake.sleep(moved < BUSY_BATCH ? GATHER_MS : BUSY_GATHER_MS, true);
      } catch (error) {
        failures += 1;
        this.options.onError?.(error);
        // Broker or database away: the outbox keeps everything; back off with full jitter up to 5 s, a nudge does not shorten it.
        await this.wake.sleep(Math.min(5_000, 100 * 2 ** failures) * (0.5 + Math.random() / 2), true);
      }
    }
  }

  private async turn(): Promise<number> {
    if (performance.now() - this.leasedAt > RENEW_MS - 5) {
      await this.leases.tick();
      this.leasedAt = performance.now();
    }
    this.aliveAt = performance.now();
    const { parts, epochs } = this.leases.epochs();
    if (parts.length === 0) return 0;
    const rows = await this.fetch(parts);
    if (rows.length === 0) return 0;
    const start = performance.now();
    await this.send(rows);
    await this.options.database.run(DELETE, [rows.map((r) => r.id), parts, epochs, this.leases.owner]);
    this.options.onSent?.(rows.length, performance.now() - start);
    this.remember(rows);
    return rows.length;
  }

  private async fetch(parts: number[]): Promise<OutboxRow[]> {
    const now = performance.now();
    const sweep = now - this.swept > SWEEP_EVERY_MS;
    if (sweep) this.swept = now;
    const rows = await this.options.database.rows<OutboxRow>(FETCH, [sweep ? 0 : this.floor, parts, this.options.batch ?? 1_000]);
    let bytes = 0;
    const cut = rows.findIndex((r, i) => (bytes += r.data.length * 2 + 600) > BATCH_BYTES && i > 0);
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
