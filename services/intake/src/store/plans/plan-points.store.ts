import { Injectable } from '@nestjs/common';
import { DuePoints, type DueTable } from '@gongdan/due';

/** The row of a plan is its lock; its only point is its next occurrence. */
export const PLAN_POINTS: DueTable = {
  points: 'plan_points',
  subject: 'plan',
  tickets: { table: 'plans', id: 'id' },
  waitsForEvents: false,
};

/** When plans register their next ticket. */
@Injectable()
export class PlanPointsStore extends DuePoints {
  constructor() {
    super(PLAN_POINTS);
  }
}
