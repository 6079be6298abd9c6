import { type Metrics } from '@gongdan/platform';
import { type WaitingPoints } from './due-points.js';

export interface DueCounts {
  failing(): Promise<number>;
  waiting(): Promise<WaitingPoints>;
}

/** Name and description of each gauge; a service says them in its own words. */
export interface DueGaugeNames {
  failing: [name: string, help: string];
  waiting: [name: string, help: string];
  /** In seconds: how late the service is. */
  oldest: [name: string, help: string];
}

/** What an operator watches of due points. All replicas show the same figures, because they read the same table. */
export function dueGauges(metrics: Metrics, counts: DueCounts, { failing, waiting, oldest }: DueGaugeNames): void {
  metrics.gauge(...failing, [], async (gauge) => gauge.set(await counts.failing()));
  metrics.gauge(...waiting, [], async (gauge) => gauge.set((await counts.waiting()).points));
  metrics.gauge(...oldest, [], async (gauge) => gauge.set((await counts.waiting()).seconds));
}
