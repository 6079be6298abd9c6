import { Injectable } from '@nestjs/common';
import { dueGauges } from '@gongdan/due';
import { Metrics } from '@gongdan/platform';
import { CountPlans } from '../../use-cases/plans/count-plans.js';

/** What an operator watches of plans. All replicas show the same figures, because they read the same table. */
@Injectable()
export class PlanGauges {
  constructor(metrics: Metrics, plans: CountPlans) {
    dueGauges(metrics, plans, {
      failing: ['gongdan_plans_failing', 'Plans whose ticket could not be registered; each is retried after at most five minutes'],
      waiting: ['gongdan_plans_waiting', 'Plans that are due and have not registered their ticket'],
      oldest: ['gongdan_plans_waiting_oldest_seconds', 'Age of the oldest of the plans that are due: how late plans are'],
    });
  }
}
