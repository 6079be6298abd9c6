import { isCompacted } from '@gongdan/contracts';
import { backoffMs } from '@gongdan/platform';
import { type BusMessage, type Listener } from './bus.js';

/** Records of one partition that wait for delivery. */
export interface Lot {
  messages: BusMessage[];
  /** True when this member no longer owns the partition. */
  revoked(): boolean;
  /** Sends a heartbeat to the group. */
  keepAlive(): Promise<void>;
}

interface Waiting extends Lot {
  /** False when the partition was revoked first. */
  settle(applied: boolean): void;
}

/** The most records in one delivery. */
export const MAX_RECORDS = 500;
const MAX_BYTES = 1_000_000;
const MAX_DELIVERIES = 3;
const HEARTBEAT_EVERY_MS = 500;

/**
 * Joins the records that are ready in many partitions into one delivery, so that a trickle over twelve partitions costs one transaction and
 * not twelve. While a delivery runs the other records wait; a second and a third start only when they would be full. The order within a
 * partition holds, because each partition has one lot here at a time.
 */
export class Gathering {
  private readonly waiting: Waiting[] = [];
  private readonly running = new Set<Promise<void>>();

  constructor(
    private readonly onBatch: Listener['onBatch'],
    private readonly onFailure: (error: unknown, failures: number) => void = () => undefined,
  ) {}

  /** Resolves with true when the records were applied, and with false when the partition was revoked first. */
  deliver(lot: Lot): Promise<boolean> {
    return new Promise((settle) => {
      // Packs go first: a ticket of the same fetch may need one, and the client fetches nothing more before that ticket is applied.
      if (isCompacted(lot.messages[0]?.topic ?? '')) this.waiting.unshift({ ...lot, settle });
      else this.waiting.push({ ...lot, settle });
      // The lots of one fetch arrive one after another in this turn of the event loop.
      setImmediate(() => this.startDeliveries());
    });
  }

  /** Resolves when no delivery runs or waits and all promises of `deliver` are settled. */
  async idle(): Promise<void> {
    do {
      await Promise.all(this.running);
      await new Promise((turn) => setImmediate(turn));
    } while (this.running.size > 0 || this.waiting.length > 0);
  }

  private startDeliveries(): void {
    while (
      this.waiting.length > 0 &&
      (this.running.size === 0 || (this.running.size < MAX_DELIVERIES && this.waitingRecords() >= MAX_RECORDS))
    ) {
      const lots = this.waiting.splice(0, Math.max(1, this.lotsThatFit()));
      const delivery = this.run(lots).finally(() => {
        this.running.delete(delivery);
        this.startDeliveries();
      });
      this.running.add(delivery);
    }
  }

  private waitingRecords(): number {
    return this.waiting.reduce((sum, lot) => sum + lot.messages.length, 0);
  }

  private lotsThatFit(): number {
    let [records, bytes] = [0, 0];
    const over = this.waiting.findIndex((lot) => {
      records += lot.messages.length;
      bytes += bytesOf(lot.messages);
      return records > MAX_RECORDS || bytes > MAX_BYTES;
    });
    return over === -1 ? this.waiting.length : over;
  }

  /** Delivers until the records are applied. It waits in place with heartbeats while the environment is unavailable, and drops lots of revoked partitions. */
  private async run(lots: Waiting[]): Promise<void> {
    let lastHeartbeat = performance.now();
    const heartbeat = async (): Promise<void> => {
      if (lots.some((lot) => lot.revoked())) throw new Error('a partition was revoked');
      if (performance.now() - lastHeartbeat < HEARTBEAT_EVERY_MS) return;
      lastHeartbeat = performance.now();
      await lots[0]?.keepAlive();
    };
    // The database work of one delivery may last longer than a heartbeat may be late.
    const pulse = setInterval(() => void heartbeat().catch(() => undefined), 1_000);
    try {
      for (let failures = 0; ;) {
        for (const lot of lots) if (lot.revoked()) lot.settle(false);
        lots = lots.filter((lot) => !lot.revoked());
        if (lots.length === 0) return;
        try {
          await this.onBatch(
            lots.flatMap((lot) => lot.messages),
            heartbeat,
          );
          for (const lot of lots) lot.settle(true);
          return;
        } catch (error) {
          if (lots.some((lot) => lot.revoked())) continue;
          failures += 1;
          this.onFailure(error, failures);
          const until = performance.now() + backoffMs(failures, 200, 5_000);
          while (performance.now() < until && !lots.some((lot) => lot.revoked())) {
            await new Promise((wake) => setTimeout(wake, Math.min(250, until - performance.now())));
            await heartbeat().catch(() => undefined);
          }
        }
      }
    } finally {
      clearInterval(pulse);
    }
  }
}

function bytesOf(messages: readonly BusMessage[]): number {
  return messages.reduce((sum, m) => sum + (m.value?.length ?? 0) + 600, 0);
}

/** Splits the records of one partition into lots of a size that one transaction can hold. */
export function* lotsOf(messages: readonly BusMessage[]): Generator<BusMessage[]> {
  let lot: BusMessage[] = [];
  let bytes = 0;
  for (const m of messages) {
    const size = bytesOf([m]);
    if (lot.length > 0 && (lot.length >= MAX_RECORDS || bytes + size > MAX_BYTES)) {
      yield lot;
      lot = [];
      bytes = 0;
    }
    lot.push(m);
    bytes += size;
  }
  if (lot.length > 0) yield lot;
}
