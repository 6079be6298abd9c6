import { Injectable } from '@nestjs/common';
import { Metrics } from '@gongdan/platform';

/** Counts the tickets that this process registers; docs/metrics.md describes it. */
@Injectable()
export class TicketCounter {
  private readonly tickets;

  constructor(metrics: Metrics) {
    this.tickets = metrics.counter(
      'gongdan_tickets_registered_total',
      'Tickets registered by this process, by the API, from files or because a process asked',
      ['by'],
    );
  }

  registered(by: 'api' | 'import' | 'process', count: number): void {
    this.tickets.inc({ by }, count);
  }
}
