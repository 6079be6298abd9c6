import { Injectable } from '@nestjs/common';
import { type TicketState } from '@gongdan/contracts';
import { Database } from '@gongdan/platform';
import { ListsStore } from '../../store/lists.store.js';

/** Figures for the gauges of the service, over all organisations. */
@Injectable()
export class CountCases {
  constructor(
    private readonly database: Database,
    private readonly lists: ListsStore,
  ) {}

  openByState(): Promise<{ state: TicketState; cases: number }[]> {
    return this.lists.openByState(this.database);
  }

  queued(): Promise<number> {
    return this.lists.queued(this.database);
  }
}
