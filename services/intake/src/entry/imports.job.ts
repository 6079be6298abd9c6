import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { logger } from '@gongdan/platform';
import { RunImports } from '../use-cases/imports/run-imports.js';

/** Own uploads nudge; this finds what a replica left behind. */
const LOOK_MS = 5_000;
const log = logger('import');

/** Works on imports, one at a time per process; replicas share them through claims in the database. */
@Injectable()
export class ImportsJob implements OnApplicationBootstrap, OnModuleDestroy {
  private stopped = false;
  private working: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private busy = false;

  constructor(private readonly imports: RunImports) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.nudge(), LOOK_MS);
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
    this.working = this.imports
      .run(() => this.stopped)
      .catch((error: unknown) => log.warn('the import waits', { error: String(error) }))
      .finally(() => (this.busy = false));
  }
}
