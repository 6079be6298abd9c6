import { Injectable } from '@nestjs/common';
import { type Rest } from '@gongdan/messaging';
import { Database, type Tx } from '@gongdan/platform';
import { RequeueTasks, type TicketRef } from '../../use-cases/work/requeue-tasks.js';
import { TicketWorkJob } from './ticket-work.job.js';

/** The sweep reads the loads of everybody who holds work, so it runs less often than the queue of work is read. */
const SWEEP_EVERY_MS = 10_000;

/** Gives what leavers and closed units held to others. */
@Injectable()
export class RequeueTasksJob extends TicketWorkJob<TicketRef> {
  private sweptAt = -SWEEP_EVERY_MS;

  constructor(
    database: Database,
    private readonly requeueTasks: RequeueTasks,
  ) {
    super(database, { name: 'requeue-tasks', batch: 100, lanes: 1 });
  }

  protected override async turn(): Promise<Rest> {
    if (performance.now() - this.sweptAt >= SWEEP_EVERY_MS) {
      await this.database.transaction((tx) => this.requeueTasks.sweep(tx));
      this.sweptAt = performance.now();
    }
    return super.turn();
  }

  protected onWork(listener: () => void): void {
    this.requeueTasks.onWork(listener);
  }

  protected waiting(limit: number): Promise<TicketRef[]> {
    return this.requeueTasks.waiting(this.database, limit);
  }

  protected run(tx: Tx, ticket: TicketRef): Promise<void> {
    return this.requeueTasks.run(tx, ticket);
  }

  protected setAside(ticket: TicketRef): Promise<void> {
    return this.requeueTasks.setAside(this.database, ticket);
  }
}
