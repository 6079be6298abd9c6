import { Injectable } from '@nestjs/common';
import { type TicketState } from '@gongdan/contracts';
import { type DueCounts, type WaitingPoints } from '@gongdan/due';
import { Database } from '@gongdan/platform';
import { DueTasksStore } from '../../store/work/due-tasks.store.js';
import { ListsStore } from '../../store/cases/lists.store.js';

/** Figures for the gauges of the service, over all organisations. */
@Injectable()
export class CountCases implements DueCounts {
  constructor(
    private readonly database: Database,
    private readonly lists: ListsStore,
    private readonly sleeping: DueTasksStore,
  ) {}

  openByState(): Promise<{ state: TicketState; cases: number }[]> {
    return this.lists.openByState(this.database);
  }

  queued(): Promise<number> {
    return this.lists.queued(this.database);
  }

  /** Sleeping tasks whose waking failed. */
  failing(): Promise<number> {
    return this.sleeping.failing(this.database);
  }

  /** Tasks that should have woken. */
  waiting(): Promise<WaitingPoints> {
    return this.sleeping.waiting(this.database);
  }
}
