import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Poller, type Rest } from '@gongdan/messaging';
import { Database, isDatabaseAway, logger, SystemClock } from '@gongdan/platform';
import { WorkOnTickets, type WorkRef } from '../use-cases/cases/work-on-tickets.js';

const BATCH = 200;
/** Tickets at the same time. Each takes a connection of the pool, which the requests of people need, too. */
const LANES = 3;
const REST_MS = 500;
const log = logger('work-on-tickets');

/** Does what bulk actions and cascades ask for, each ticket in a transaction of its own. Replicas share the tickets by SKIP LOCKED. */
@Injectable()
export class WorkOnTicketsJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly poller: Poller;
  private stopping = false;

  constructor(
    private readonly database: Database,
    private readonly clock: SystemClock,
    private readonly workOnTickets: WorkOnTickets,
  ) {
    this.poller = new Poller({
      turn: () => this.turn(),
      onError: (error) => log.warn('work on many tickets waits', { error: String(error) }),
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
    const waiting = await this.workOnTickets.waiting(this.database, BATCH);
    const rest = [...waiting];
    const lane = async (): Promise<void> => {
      for (let work = rest.shift(); work !== undefined && !this.stopping; work = rest.shift()) await this.one(work);
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    for (const { org, job } of await this.workOnTickets.overdue(this.database, BATCH)) {
      if (this.stopping) break;
      await this.database.transaction((tx) => this.workOnTickets.answer(tx, org, job, this.clock.now()));
    }
    return { ms: waiting.length < BATCH ? REST_MS : 0 };
  }

  private async one(work: WorkRef): Promise<void> {
    try {
      await this.database.transaction((tx) => this.workOnTickets.run(tx, work, this.clock.now()));
    } catch (error) {
      if (isDatabaseAway(error)) throw error;
      await this.workOnTickets.setAside(this.database, work);
      log.error('an action on one of many tickets failed and is retried', { ...work, error: String(error) });
    }
  }
}
