import { Injectable } from '@nestjs/common';
import { Metrics } from '@gongdan/platform';

/** Counts the tickets that this process registers; docs/metrics.md describes it. */
@Injectable()
export class TicketCounter {
  private readonly tickets;
  private readonly missed;

  constructor(metrics: Metrics) {
    this.tickets = metrics.counter(
      'gongdan_tickets_registered_total',
      'Tickets registered by this process, by the API, from files, because a process asked or by plans',
      ['by'],
    );
    this.missed = metrics.counter(
      'gongdan_planned_skipped_total',
      'Occurrences of plans that this process skipped after an outage, because they were too many or too old',
      [],
    );
  }

  registered(by: 'api' | 'import' | 'process' | 'plan', count: number): void {
    this.tickets.inc({ by }, count);
  }

  planned({ registered, skipped }: { registered: number; skipped: number }): void {
    this.registered('plan', registered);
    this.missed.inc(skipped);
  }
}
