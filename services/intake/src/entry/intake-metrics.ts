import { Injectable } from '@nestjs/common';
import { Metrics } from '@gongdan/platform';
import { ManageImports } from '../use-cases/imports/manage-imports.js';

/** What an operator watches of intake. The gauge shows the same on all replicas, because they read the same table; the counter is per process. */
@Injectable()
export class IntakeMetrics {
  private readonly tickets;

  constructor(metrics: Metrics, imports: ManageImports) {
    this.tickets = metrics.counter('gongdan_tickets_registered_total', 'Tickets registered by this process, by the API or from files', [
      'by',
    ]);
    metrics.gauge(
      'gongdan_imports_open',
      'Imports that are not over: waiting for their file, ready for a worker, running',
      ['state'],
      async (gauge) => {
        for (const { state, imports: count } of await imports.open()) gauge.set({ state }, count);
      },
    );
  }

  registered(by: 'api' | 'import', count: number): void {
    this.tickets.inc({ by }, count);
  }
}
