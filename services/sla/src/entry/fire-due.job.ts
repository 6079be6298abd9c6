import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type Producer } from '@gongdan/contracts';
import { Watermarks } from '@gongdan/messaging';
import { CONFIG, Database, logger } from '@gongdan/platform';
import { type SlaConfig } from '../config.js';
import { FireDue } from '../use-cases/fire-due.js';

const BATCH = 500;
const LONGEST_SLEEP_MS = 1_000;
/** A due point waits for the watermark about a second. The pause between two polls doubles up to LONGEST_SLEEP_MS. */
const FIRST_WAIT_MS = 100;
/** Only these producers move clocks. */
const PRODUCERS: readonly Producer[] = ['intake', 'dispatch'];
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
        const next = await this.fireDue.nextIn(this.database);
        if (next > 0) {
          wait = FIRST_WAIT_MS;
          sleep = Math.min(next, LONGEST_SLEEP_MS);
        } else if ((await this.fire()) > 0) {
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
  private async fire(): Promise<number> {
    const progress = await this.watermarks.appliedPartitions(PRODUCERS);
    if (progress.length === 0) return 0;
    return this.database.transaction((tx) => this.fireDue.run(tx, { limit: BATCH, progress, waitMs: this.waitMs }));
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
