import { Injectable } from '@nestjs/common';
import { type DueCounts, type WaitingPoints } from '@gongdan/due';
import { Database } from '@gongdan/platform';
import { PlanPointsStore } from '../../store/plans/plan-points.store.js';

/** Figures for the gauges of the service, over all organisations. */
@Injectable()
export class CountPlans implements DueCounts {
  constructor(
    private readonly database: Database,
    private readonly points: PlanPointsStore,
  ) {}

  failing(): Promise<number> {
    return this.points.failing(this.database);
  }

  waiting(): Promise<WaitingPoints> {
    return this.points.waiting(this.database);
  }
}
