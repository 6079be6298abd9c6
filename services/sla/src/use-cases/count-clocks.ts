import { Injectable } from '@nestjs/common';
import { Database } from '@gongdan/platform';
import { ClockListsStore, type OpenClocks, type WaitingPoints } from '../store/clock-lists.store.js';

/** Figures for the gauges of the service, over all organisations. */
@Injectable()
export class CountClocks {
  constructor(
    private readonly database: Database,
    private readonly lists: ClockListsStore,
  ) {}

  open(): Promise<OpenClocks[]> {
    return this.lists.openClocks(this.database);
  }

  failing(): Promise<number> {
    return this.lists.failing(this.database);
  }

  waitingPoints(): Promise<WaitingPoints> {
    return this.lists.waitingPoints(this.database);
  }
}
