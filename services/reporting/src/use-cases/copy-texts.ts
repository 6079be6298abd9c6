import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Database, logger } from '@gongdan/platform';
import { TextsStore } from '../store/texts.store.js';

/** Rows of one transaction: writers of the same rows wait for so many at most. */
const SHARE = 1_000;
const RETRY_MS = 5_000;
const log = logger('copy-texts');

/**
 * Copies the texts of older tickets into the table that searches read, a share in each transaction, beside all other work. A search finds every ticket
 * before, during and after it. What a crash interrupts is continued by the next start.
 */
@Injectable()
export class CopyTexts implements OnApplicationBootstrap, OnModuleDestroy {
  private stopped = false;
  private waiting: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly texts: TextsStore,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.waiting);
    await this.running;
  }

  private async run(): Promise<void> {
    try {
      while (!this.stopped && (await this.database.transaction((tx) => this.texts.copyShare(tx, SHARE))));
    } catch (error) {
      log.warn('the texts of older tickets could not be copied; it is tried again', { error: String(error) });
      if (!this.stopped) this.waiting = setTimeout(() => void (this.running = this.run()), RETRY_MS).unref();
    }
  }
}
