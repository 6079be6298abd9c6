import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type Producer } from '@gongdan/contracts';
import { DueJob } from '@gongdan/due';
import { Watermarks } from '@gongdan/messaging';
import { CONFIG, Database } from '@gongdan/platform';
import { type SlaConfig } from '../config.js';
import { FireDue } from '../use-cases/fire-due.js';

const BATCH = 500;
/** Only these producers move clocks. */
const PRODUCERS: readonly Producer[] = ['intake', 'dispatch'];

/** Fires warnings and breaches when they are due. */
@Injectable()
export class FireDueJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly job: DueJob;

  constructor(database: Database, fireDue: FireDue, watermarks: Watermarks, @Inject(CONFIG) config: SlaConfig) {
    this.job = new DueJob(fireDue.firing, {
      database,
      batch: BATCH,
      events: { progress: () => watermarks.appliedPartitions(PRODUCERS), waitMs: config.unheardWaitMs },
    });
  }

  onApplicationBootstrap(): void {
    this.job.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.job.stop();
  }
}
