import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { logger } from '@gongdan/platform';
import { removeLeftSpoolFolders } from '../../files/spool-folders.js';
import { ImportWorker } from './import-worker.js';

/** An upload to this process starts the work at once; the poll finds jobs that another replica left. */
const POLL_MS = 5_000;
const log = logger('import');

/** Works on imports, one at a time per process; replicas share them through claims in the database. */
@Injectable()
export class ImportsJob implements OnApplicationBootstrap, OnModuleDestroy {
  private stopped = false;
  private working: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private busy = false;

  constructor(private readonly worker: ImportWorker) {}

  async onApplicationBootstrap(): Promise<void> {
    await removeLeftSpoolFolders().catch((error: unknown) => log.warn('left folders were not removed', { error: String(error) }));
    this.timer = setInterval(() => this.nudge(), POLL_MS);
    this.timer.unref();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.working;
  }

  nudge(): void {
    if (this.busy || this.stopped) return;
    this.busy = true;
    this.working = this.worker
      .run(() => this.stopped)
      .catch((error: unknown) => log.warn('an import failed and waits for its next try', { error: String(error) }))
      .finally(() => (this.busy = false));
  }
}
