import { Worker } from 'node:worker_threads';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Refused, Unavailable } from '@gongdan/kernel';
import { invalidPack, type PackCheck } from '@gongdan/packs';

/** A pack as it was sent, of either format. */
export type PublishedPack = Record<string, unknown> & { pack: { key: string; version: number } };

/** A pack that follows the rules of today. */
export interface CheckedPack {
  pack: PublishedPack;
  digest: string;
}

/** What the worker answers. */
export type CheckAnswer = { check: PackCheck } | { checked: CheckedPack };

/** The largest valid pack takes a second on a slow machine. */
const MOST_MS = 10_000;
const MOST_HEAP_MB = 256;
/** Starting the worker takes 0.3 s, so it stays for a moment; an idle one would hold 30 MB. */
const IDLE_MS = 10_000;
const MOST_WAITING = 8;

/**
 * Checks a pack against the rules of publishing, in a worker thread: 300,000 empty units blocked the event loop for 3.7 s. One pack is checked at
 * a time; the worker has a limit of time and of memory. Organisations take turns, so that one that sends many packs has no other refused or kept
 * waiting for more than one of them.
 */
@Injectable()
export class CheckPack implements OnModuleDestroy {
  private worker: Worker | undefined;
  private idle: NodeJS.Timeout | undefined;
  private busy = false;
  /** By organisation, in the order in which they have their turns: what begins the check of each pack that waits. */
  private readonly waiting = new Map<string, (() => void)[]>();

  /** Takes a pack of either format. Throws `Invalid('packs/invalid')` with at most 50 violations. */
  async run(org: string, json: unknown): Promise<CheckedPack> {
    await this.turn(org);
    const answer = await this.checkInWorker(json).finally(() => this.next());
    if ('check' in answer) throw invalidPack(answer.check);
    return answer.checked;
  }

  /** Ends when this pack may be checked. Throws when the queue is full, except for the first pack of an organisation. */
  private async turn(org: string): Promise<void> {
    if (!this.busy) {
      this.busy = true;
      return;
    }
    const own = this.waiting.get(org);
    const all = [...this.waiting.values()].reduce((sum, packs) => sum + packs.length, 0);
    if (own !== undefined && all >= MOST_WAITING) throw new Unavailable('dispatch/packs-waiting', {}, 'other packs are being checked');
    await new Promise<void>((resolve) => this.waiting.set(org, [...(own ?? []), resolve]));
  }

  private next(): void {
    const [first] = this.waiting;
    this.busy = first !== undefined;
    if (first === undefined) return;
    const [org, [begin, ...left]] = first;
    this.waiting.delete(org);
    if (left.length > 0) this.waiting.set(org, left);
    begin?.();
  }

  async onModuleDestroy(): Promise<void> {
    clearTimeout(this.idle);
    await this.worker?.terminate();
  }

  private async checkInWorker(json: unknown): Promise<CheckAnswer> {
    clearTimeout(this.idle);
    const worker = (this.worker ??= this.startWorker());
    let forget = (): void => undefined;
    try {
      return await new Promise<CheckAnswer>((resolve, reject) => {
        const ended = (): void => reject(new Error('the worker ended'));
        const late = setTimeout(() => reject(new Error(`no answer after ${MOST_MS} ms`)), MOST_MS);
        worker.once('message', resolve).once('error', reject).once('exit', ended);
        // The listeners are removed one by one: removeAllListeners() would remove those of Node as well, and no further message would arrive.
        forget = () => {
          clearTimeout(late);
          worker.off('message', resolve).off('error', reject).off('exit', ended);
        };
        worker.postMessage(json);
      });
    } catch (cause) {
      this.worker = undefined;
      await worker.terminate();
      throw new Refused(
        'dispatch/pack-too-complex',
        { cause, details: { mostMs: MOST_MS, mostHeapMb: MOST_HEAP_MB } },
        'the pack takes too long to check',
      );
    } finally {
      forget();
      this.idle = setTimeout(() => {
        void this.worker?.terminate();
        this.worker = undefined;
      }, IDLE_MS).unref();
    }
  }

  private startWorker(): Worker {
    const worker = new Worker(new URL('./check-pack-worker.js', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MB },
    });
    // An 'error' without a listener would end the process; the request that waits has one of its own.
    worker.on('error', () => undefined);
    worker.once('exit', () => {
      if (this.worker === worker) this.worker = undefined;
    });
    return worker;
  }
}
