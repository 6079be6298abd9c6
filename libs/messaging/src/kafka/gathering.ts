import { PACKS } from '@gongdan/contracts';
import { backoffMs } from '../backoff.js';
import { type BusMessage, type Listener } from './bus.js';

/** Records of one partition that wait to be delivered, and the partition's word on whether it is still ours. */
export interface Lot {
  messages: BusMessage[];
  gone(): boolean;
  /** Keeps the membership alive. */
  beat(): Promise<void>;
}

interface Waiting extends Lot {
  /** False when the partition went away first. */
  settle(taken: boolean): void;
}

/** Records in one delivery. */
export const FULL = 500;
const FULL_BYTES = 1_000_000;
const FLIGHTS = 3;
const BEAT_MS = 500;

/**
 * Joins what lies ready in many partitions into one delivery, so that a trickle over twelve partitions costs one transaction and not
 * twelve. While one is under way the rest gathers; a second and third start only when they would be full. Order holds within a
 * partition: it has one lot here at a time.
 */
export class Gathering {
  private readonly waiting: Waiting[] = [];
  private readonly flights = new Set<Promise<void>>();

  constructor(
    private readonly onBatch: Listener['onBatch'],
    private readonly onFailure: (error: unknown, failures: number) => void = () => undefined,
  ) {}

  /** Resolves when the records were taken; false when the partition went away first. */
  deliver(lot: Lot): Promise<boolean> {
    return new Promise((settle) => {
      // Packs go first: a ticket that came in the same fetch may need one, and no other fetch follows before its record is done.
      if (lot.messages[0]?.topic === PACKS.name) this.waiting.unshift({ ...lot, settle });
      else this.waiting.push({ ...lot, settle });
      // Lots of one fetch arrive one after another in this turn of the event loop.
      setImmediate(() => this.depart());
    });
  }

  /** Resolves when nothing is under way any more and its callers have heard. */
  async idle(): Promise<void> {
    do {
      await Promise.all(this.flights);
      await new Promise((turn) => setImmediate(turn));
    } while (this.flights.size > 0 || this.waiting.length > 0);
  }

  private depart(): void {
    while (this.waiting.length > 0 && (this.flights.size === 0 || (this.flights.size < FLIGHTS && this.fill() >= FULL))) {
      const lots = this.waiting.splice(0, Math.max(1, this.howMany()));
      const flight = this.fly(lots).finally(() => {
        this.flights.delete(flight);
        this.depart();
      });
      this.flights.add(flight);
    }
  }

  private fill(): number {
    return this.waiting.reduce((sum, lot) => sum + lot.messages.length, 0);
  }

  private howMany(): number {
    let [records, bytes] = [0, 0];
    const over = this.waiting.findIndex((lot) => {
      records += lot.messages.length;
      bytes += bytesOf(lot.messages);
      return records > FULL || bytes > FULL_BYTES;
    });
    return over === -1 ? this.waiting.length : over;
  }

  /** Delivers until it is taken; waits in place with heartbeats while the environment is at fault, and lets go of partitions that left. */
  private async fly(lots: Waiting[]): Promise<void> {
    let lastBeat = performance.now();
    const breathe = async (): Promise<void> => {
      if (lots.some((lot) => lot.gone())) throw new Error('a partition was taken away');
      if (performance.now() - lastBeat < BEAT_MS) return;
      lastBeat = performance.now();
      await lots[0]?.beat();
    };
    // The database work of one delivery may last longer than a heartbeat may be late.
    const pulse = setInterval(() => void breathe().catch(() => undefined), 1_000);
    try {
      for (let failures = 0; ;) {
        for (const lot of lots) if (lot.gone()) lot.settle(false);
        lots = lots.filter((lot) => !lot.gone());
        if (lots.length === 0) return;
        try {
          await this.onBatch(
            lots.flatMap((lot) => lot.messages),
            breathe,
          );
          for (const lot of lots) lot.settle(true);
          return;
        } catch (error) {
          if (lots.some((lot) => lot.gone())) continue;
          failures += 1;
          this.onFailure(error, failures);
          const until = performance.now() + backoffMs(failures, 200, 5_000);
          while (performance.now() < until && !lots.some((lot) => lot.gone())) {
            await new Promise((wake) => setTimeout(wake, Math.min(250, until - performance.now())));
            await breathe().catch(() => undefined);
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

/** Cuts the records of one partition into lots of a size that one transaction holds. */
export function* lotsOf(messages: readonly BusMessage[]): Generator<BusMessage[]> {
  let lot: BusMessage[] = [];
  let bytes = 0;
  for (const m of messages) {
    const size = bytesOf([m]);
    if (lot.length > 0 && (lot.length >= FULL || bytes + size > FULL_BYTES)) {
      yield lot;
      lot = [];
      bytes = 0;
    }
    lot.push(m);
    bytes += size;
  }
  if (lot.length > 0) yield lot;
}
