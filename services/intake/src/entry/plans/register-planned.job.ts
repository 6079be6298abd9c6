import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DueJob } from '@gongdan/due';
import { Database } from '@gongdan/platform';
import { TicketCounter } from '../ticket-counter.js';
import { PacksHeard } from './packs-heard.js';
import { RegisterPlanned } from '../../use-cases/plans/register-planned.js';

/** A plan that catches up registers ten tickets in its turn. */
const BATCH = 20;

/** Registers the tickets of plans when they are due. */
@Injectable()
export class RegisterPlannedJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly job: DueJob;

  constructor(database: Database, registerPlanned: RegisterPlanned, counter: TicketCounter, packs: PacksHeard) {
    registerPlanned.onPlanned((done) => counter.planned(done));
    this.job = new DueJob(registerPlanned.firing, { database, batch: BATCH, mayFire: () => packs.mayFire() });
  }

  onApplicationBootstrap(): void {
    this.job.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.job.stop();
  }
}
