import { Injectable } from '@nestjs/common';
import { type Rest } from '@gongdan/messaging';
import { Database, isDatabaseAway, logger, SystemClock, type Tx } from '@gongdan/platform';
import { WorkOnTickets, type WorkRef } from '../../use-cases/work/work-on-tickets.js';
import { TicketWorkJob } from './ticket-work.job.js';

const BATCH = 200;
const log = logger('work-on-tickets');

/** Does what bulk actions and cascades ask for, and tells those who asked for a cascade what became of it. */
@Injectable()
export class WorkOnTicketsJob extends TicketWorkJob<WorkRef> {
  constructor(
    database: Database,
    private readonly clock: SystemClock,
    private readonly workOnTickets: WorkOnTickets,
  ) {
    super(database, { name: 'work-on-tickets', batch: BATCH, lanes: 3 });
  }

  protected override async turn(): Promise<Rest> {
    const rest = await super.turn();
    for (const { org, job } of await this.workOnTickets.overdue(this.database, BATCH)) {
      if (this.stopping) break;
      // One that cannot be told yet stops no other; the next turn tries it again.
      await this.database
        .transaction((tx) => this.workOnTickets.answer(tx, org, job, this.clock.now()))
        .catch((error: unknown) => {
          if (isDatabaseAway(error)) throw error;
          log.error('the end of a cascade could not be told and is retried', { org, job, error: String(error) });
        });
    }
    return rest;
  }

  protected onWork(listener: () => void): void {
    this.workOnTickets.onWork(listener);
  }

  protected waiting(limit: number): Promise<WorkRef[]> {
    return this.workOnTickets.waiting(this.database, limit);
  }

  protected run(tx: Tx, work: WorkRef): Promise<void> {
    return this.workOnTickets.run(tx, work, this.clock.now());
  }

  protected setAside(work: WorkRef): Promise<void> {
    return this.workOnTickets.setAside(this.database, work);
  }
}
