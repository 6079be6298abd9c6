import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DueJob } from '@gongdan/due';
import { Database } from '@gongdan/platform';
import { WakeTasks } from '../../use-cases/work/wake-tasks.js';

/** A task that wakes may run reactions, so a batch is smaller than one of clocks. */
const BATCH = 100;

/** Wakes sleeping tasks when they are due. */
@Injectable()
export class WakeDueJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly job: DueJob;

  constructor(database: Database, wakeTasks: WakeTasks) {
    this.job = new DueJob(wakeTasks.firing, { database, batch: BATCH });
  }

  onApplicationBootstrap(): void {
    this.job.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.job.stop();
  }
}
