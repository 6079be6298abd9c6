import { Injectable } from '@nestjs/common';
import { dueGauges } from '@gongdan/due';
import { Metrics } from '@gongdan/platform';
import { CountClocks } from '../use-cases/count-clocks.js';

/** What an operator watches. All replicas show the same figures, because they read the same tables. */
@Injectable()
export class ClockGauges {
  constructor(metrics: Metrics, clocks: CountClocks) {
    metrics.gauge(
      'gongdan_clocks_open',
      'Clocks that run or pause; overdue ones have published their breach. Counts 100,000 clocks at most',
      ['state', 'overdue'],
      async (gauge) => {
        const counts = await clocks.open();
        for (const state of ['running', 'paused'] as const)
          for (const overdue of [false, true])
            gauge.set({ state, overdue: String(overdue) }, counts.find((c) => c.state === state && c.overdue === overdue)?.clocks ?? 0);
      },
    );
    const waiting = 'warnings and breaches that are due and have not fired: they wait until everything recorded before them is applied';
    dueGauges(metrics, clocks, {
      failing: [
        'gongdan_clocks_failing',
        'Clocks whose warning or breach could not be recorded; each is retried after at most five minutes',
      ],
      waiting: ['gongdan_clock_points_waiting', `Number of ${waiting}`],
      oldest: ['gongdan_clock_points_waiting_oldest_seconds', `Age of the oldest of the ${waiting}`],
    });
  }
}
