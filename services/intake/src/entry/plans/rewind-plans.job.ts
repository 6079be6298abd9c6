import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Database, logger } from '@gongdan/platform';
import { RewindPlans } from '../../use-cases/plans/rewind-plans.js';

const MINUTE = 60_000;
const log = logger('plans');

/** Looks for plans that are ahead of the clock. Every replica does. */
@Injectable()
export class RewindPlansJob implements OnApplicationBootstrap {
  constructor(
    private readonly database: Database,
    private readonly rewindPlans: RewindPlans,
  ) {}

  onApplicationBootstrap(): Promise<void> {
    return this.tick();
  }

  @Interval(MINUTE)
  async tick(): Promise<void> {
    await this.database
      .transaction((tx) => this.rewindPlans.run(tx))
      .catch((error: unknown) =>
        log.warn('plans could not be compared with the clock; the next run tries again', { error: String(error) }),
      );
  }
}
