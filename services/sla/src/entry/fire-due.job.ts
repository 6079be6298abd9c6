import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type Producer } from '@gongdan/contracts';
import { Watermarks } from '@gongdan/messaging';
import { CONFIG, Database, isDatabaseAway, logger } from '@gongdan/platform';
import { type SlaConfig } from '../config.js';
import { FireDue, type FireDueCommand } from '../use-cases/fire-due.js';

const BATCH = 500;
const LONGEST_SLEEP_MS = 1_000;
/** A due point waits for the watermark about a second. The pause between two polls doubles up to LONGEST_SLEEP_MS. */
const FIRST_WAIT_MS = 100;
/** Only these producers move clocks. */
const PRODUCERS: readonly Producer[] = ['intake', 'dispatch'];
type ClockRef = Extract<FireDueCommand['which'], { clock: string }>;
type PartitionProgress = FireDueCommand['progress'][number];
const log = logger('due');

/**
 * Fires due points. It sleeps until the next one is due, a second at most: no deadline lives in a timer of this process, because a setTimeout over 24.8 days
 * fires at once. Replicas share the points by SKIP LOCKED; tickets need no order among each other.
 */
@Injectable()
export class FireDueJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly waitMs: number;
  private stopped = false;
  private running: Promise<void> = Promise.resolve();
  private wake: () => void = () => undefined;

  constructor(
    private readonly database: Database,
    private readonly fireDue: FireDue,
    private readonly watermarks: Watermarks,
    @Inject(CONFIG) config: SlaConfig,
  ) {
    this.waitMs = config.unheardWaitMs;
  }

  onApplicationBootstrap(): void {
    this.running = this.loop();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.running;
  }

  private async loop(): Promise<void> {
    let wait = FIRST_WAIT_MS;
    while (!this.stopped) {
      let sleep = LONGEST_SLEEP_MS;
      try {
        const { dueInMs, retryInMs } = await this.fireDue.next(this.database);
        const next = Math.min(dueInMs, retryInMs);
        if (next > 0) {
          wait = FIRST_WAIT_MS;
          sleep = Math.min(next, LONGEST_SLEEP_MS);
        } else if ((await this.fire(retryInMs <= 0)) > 0) {
          wait = FIRST_WAIT_MS;
          continue;
        } else {
          // A point that is due and did not fire waits for its watermark or is held by another replica.
          sleep = wait;
          wait = Math.min(2 * wait, LONGEST_SLEEP_MS);
        }
      } catch (error) {
        log.warn('due points wait', { error: String(error) });
      }
      await this.pause(sleep);
    }
  }

  // The broker is queried before the transaction begins: no transaction waits for Kafka.
  private async fire(retry: boolean): Promise<number> {
    const progress = await this.watermarks.appliedPartitions(PRODUCERS);
    if (progress.length === 0) return 0;
    let fired = 0;
    let claimed: ClockRef[] = [];
    try {
      fired = await this.transaction({ which: { limit: BATCH }, progress, waitMs: this.waitMs, onClaim: (clocks) => (claimed = clocks) });
    } catch (error) {
      if (claimed.length === 0 || isDatabaseAway(error)) throw error;
      fired = await this.fireEach(claimed, progress);
    }
    return retry ? fired + (await this.fireEach(await this.fireDue.retries(this.database), progress)) : fired;
  }

  /** Fires each clock in a transaction of its own: one that fails is set aside and stops no other. */
  private async fireEach(clocks: readonly ClockRef[], progress: readonly PartitionProgress[]): Promise<number> {
    let fired = 0;
    for (const clock of clocks) {
      if (this.stopped) break;
      try {
        fired += await this.transaction({ which: clock, progress, waitMs: this.waitMs });
      } catch (error) {
        if (isDatabaseAway(error)) throw error;
        const failures = await this.fireDue.setAside(this.database, clock);
        log.error('a clock could not fire and is retried', { ...clock, failures, error: String(error) });
      }
    }
    return fired;
  }

  private transaction(command: FireDueCommand): Promise<number> {
    return this.database.transaction((tx) => this.fireDue.run(tx, command));
  }

  private async pause(ms: number): Promise<void> {
    if (this.stopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
