import { type Producer, TICKETS, WATERMARKS } from '@gongdan/contracts';
import { type Instant } from '@gongdan/kernel';
import { z } from 'zod';
import { type BusMessage, type Subscription } from '../kafka/bus.js';
import { type BusHandle } from '../operations/bus-link.js';

const Statement = z.object({ producer: z.string(), until: z.iso.datetime(), ends: z.array(z.number().int().nonnegative()) });
type Statement = z.infer<typeof Statement>;

/** Five minutes of statements: a consumer that lags further behind gets no watermark until it has caught up. */
const KEPT = 600;
const COMMITTED_FRESH_MS = 200;
const ENDS_EVERY_MS = 1_000;
/** Two observations further apart do not show what happened between them. */
const OBSERVATIONS_APART_MS = 30_000;

/** How far this service, with all its replicas, has applied a partition of `gongdan.tickets`. */
export interface AppliedPartition {
  partition: number;
  /**
   * Everything the producers recorded before this instant, on the clock of `gongdan_now()`, has been applied here: a row, a gap or a parked
   * event shows it. Null: unknown (a producer publishes nothing, the broker is unavailable, or the service lags).
   */
  until: Instant | null;
  /**
   * For how many milliseconds of real time the service has been seen reading the partition to its end, without a break, by this process.
   * 0: it lags, or the broker is unavailable. The time counts only while `appliedPartitions` is called at least every 30 seconds.
   */
  readToEndForMs: number;
}

interface Observed {
  at: number;
  ends: readonly number[];
}

/**
 * Computes until when this service has applied everything that other producers recorded (docs/adr/0019). A statement of a producer names an instant
 * and positions. The positions that the group has committed show what all replicas of the service together have applied, before and after restarts
 * and rebalances. So nothing is stored here, and a service that never calls this costs nothing.
 */
export class Watermarks {
  private readonly statements = new Map<string, Statement[]>();
  private tail: Promise<Subscription> | undefined;
  private positions: { at: number; committed: Promise<number[]> } | undefined;
  private observed: Observed | undefined;
  private observedBefore: Observed | undefined;
  private readonly readSince = new Map<number, number>();
  private lastObservedAt = -Infinity;

  constructor(private readonly link: BusHandle) {}

  /** The partition of `gongdan.tickets` that holds the events of a ticket. It never changes. */
  partitionOf(ticketId: string): number {
    return this.link.bus.partitionOf(TICKETS.name, ticketId);
  }

  /**
   * One entry per partition, by number. Queries the broker at most five times a second. The first call starts to read the statements: `until` is
   * null until each producer has published one. Does not throw while the broker is unavailable: then the list is empty.
   */
  async appliedPartitions(producers: readonly Producer[]): Promise<AppliedPartition[]> {
    this.tail ??= this.subscribe();
    this.tail.catch(() => (this.tail = undefined));
    try {
      const committed = await this.committed();
      await this.observe(committed);
      const now = performance.now();
      return committed.map((position, partition) => ({
        partition,
        until: this.untilOf(producers, partition, position),
        readToEndForMs: now - (this.readSince.get(partition) ?? now),
      }));
    } catch {
      this.readSince.clear();
      return [];
    }
  }

  /** The instant until which everything of the producers about one ticket has been applied here; null while that is not known. */
  async appliedUntil(ticketId: string, producers: readonly Producer[]): Promise<Instant | null> {
    const partition = this.partitionOf(ticketId);
    return (await this.appliedPartitions(producers)).find((p) => p.partition === partition)?.until ?? null;
  }

  private subscribe(): Promise<Subscription> {
    const { bus, server } = this.link;
    return bus.tail(`gongdan-${server.self}-watermarks`, WATERMARKS.name, (messages) => messages.forEach((m) => this.take(m)));
  }

  private take(message: BusMessage): void {
    const statement = read(message);
    // A forged statement would let sla decide about events that it has not received.
    if (!statement || this.link.verifier?.distrust(message.topic, statement.producer, message)) return;
    const known = this.statements.get(statement.producer) ?? [];
    this.statements.set(statement.producer, known);
    known.push(statement);
    if (known.length > KEPT) known.splice(0, known.length - KEPT);
  }

  // The newest statement counts, not the latest instant: the clock of a demonstration may be set back.
  private untilOf(producers: readonly Producer[], partition: number, position: number): Instant | null {
    let earliest: Instant | null = null;
    for (const producer of producers) {
      const until = this.statements.get(producer)?.findLast((s) => (s.ends[partition] ?? Infinity) <= position)?.until;
      if (until === undefined) return null;
      if (earliest === null || until < earliest) earliest = until;
    }
    return earliest;
  }

  private committed(): Promise<number[]> {
    const now = performance.now();
    if (!this.positions || now - this.positions.at > COMMITTED_FRESH_MS) {
      const { bus, server } = this.link;
      this.positions = { at: now, committed: bus.committed(`gongdan-${server.self}`, TICKETS.name) };
    }
    return this.positions.committed;
  }

  // The end moves while there is traffic: a partition is read to its end when the group has passed what was its end a moment ago.
  private async observe(committed: readonly number[]): Promise<void> {
    const now = performance.now();
    if (now - this.lastObservedAt > OBSERVATIONS_APART_MS) this.readSince.clear();
    this.lastObservedAt = now;
    if (!this.observed || now - this.observed.at > ENDS_EVERY_MS) {
      const ends = await this.link.bus.ends(TICKETS.name);
      this.observedBefore = this.observed;
      this.observed = { at: now, ends };
    }
    const before = this.observedBefore && now - this.observedBefore.at < OBSERVATIONS_APART_MS ? this.observedBefore : this.observed;
    for (const [partition, end] of before.ends.entries()) {
      if ((committed[partition] ?? 0) < end) this.readSince.delete(partition);
      else if (!this.readSince.has(partition)) this.readSince.set(partition, now);
    }
  }
}

function read(message: BusMessage): Statement | undefined {
  try {
    return Statement.parse(JSON.parse(message.value?.toString('utf8') ?? ''));
  } catch {
    return undefined;
  }
}

/**
 * SQL: the ticket has an event that has not been applied although its record was read, because it was parked or follows a missing one. What
 * is due for it must wait as if the event had not been received.
 */
export function hasMissingEvents(org: string, ticketId: string): string {
  return `(exists (select 1 from gaps g where g.org = ${org} and g.ticket_id = ${ticketId})
    or exists (select 1 from parked_events p where p.org = ${org} and p.ticket_id = ${ticketId}))`;
}
