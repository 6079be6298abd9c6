import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Database, logger } from '@gongdan/platform';
import { FireDue } from '../use-cases/fire-due.js';

const BATCH = 500;
const LONGEST_SLEEP_MS = 1_000;
const log = logger('due');

/**
 * Looks for due points: sleeps until the next one, a second at most. No deadline ever lives in a timer of this process (a setTimeout
 * over 24.8 days fires at once). Replicas share by SKIP LOCKED; no order is needed between tickets.
 */
@Injectable()
export class FireDueJob implements OnApplicationBootstrap, OnModuleDestroy {
  private stopped = false;
  private running: Promise<void> = Promise.resolve();
  private wake: () => void = () => undefined;

  constructor(
    private readonly database: Database,
    private readonly fireDue: FireDue,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.loop();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.running;
  }

  private async loop(): Promise<void> {
    while (!this.stopped) {
      let sleep = LONGEST_SLEEP_MS;
      try {
        const next = await this.fireDue.nextIn(this.database);
        if (next <= 0 && (await this.database.transaction((tx) => this.fireDue.run(tx, BATCH))) > 0) continue;
        // What is due and was not fired is in a replica's hands: not asked for in a busy loop.
        sleep = Math.max(20, Math.min(next, LONGEST_SLEEP_MS));
      } catch (error) {
        log.warn('due points wait', { error: String(error) });
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, sleep);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
