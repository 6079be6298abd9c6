import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Poller, type Rest } from '@gongdan/messaging';
import { Database, isDatabaseAway, logger } from '@gongdan/platform';
import { RequeueTasks, type TicketRef } from '../use-cases/cases/requeue-tasks.js';

const BATCH = 100;
const REST_MS = 500;
/** The sweep reads the loads of everybody who holds work, so it runs less often than the queue of work is read. */
const TURNS_PER_SWEEP = 20;
const log = logger('requeue-tasks');

/** Gives what leavers and closed units held to others, each ticket in a transaction of its own. Replicas share the tickets by SKIP LOCKED. */
@Injectable()
export class RequeueTasksJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly poller: Poller;
  private stopping = false;
  private turns = 0;

  constructor(
    private readonly database: Database,
    private readonly requeueTasks: RequeueTasks,
  ) {
    this.poller = new Poller({
      turn: () => this.turn(),
      onError: (error) => log.warn('tasks of leavers wait', { error: String(error) }),
    });
  }

  onApplicationBootstrap(): void {
    this.poller.start();
  }

  onModuleDestroy(): Promise<void> {
    this.stopping = true;
    return this.poller.stop();
  }

  private async turn(): Promise<Rest> {
    if (this.turns++ % TURNS_PER_SWEEP === 0) await this.database.transaction((tx) => this.requeueTasks.sweep(tx));
    const tickets = await this.requeueTasks.waiting(this.database, BATCH);
    for (const ticket of tickets) {
      if (this.stopping) break;
      await this.one(ticket);
    }
    return { ms: tickets.length < BATCH ? REST_MS : 0 };
  }

  private async one(ticket: TicketRef): Promise<void> {
    try {
      await this.database.transaction((tx) => this.requeueTasks.run(tx, ticket));
    } catch (error) {
      if (isDatabaseAway(error)) throw error;
      await this.requeueTasks.setAside(this.database, ticket);
      log.error('tasks of a ticket could not be requeued and are retried', { ...ticket, error: String(error) });
    }
  }
}
