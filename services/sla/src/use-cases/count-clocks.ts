import { Injectable } from '@nestjs/common';
import { type DueCounts, type WaitingPoints } from '@gongdan/due';
import { Database } from '@gongdan/platform';
import { ClockListsStore, type OpenClocks } from '../store/clock-lists.store.js';
import { DuePointsStore } from '../store/due-points.store.js';

/** Figures for the gauges of the service, over all organisations. */
@Injectable()
export class CountClocks implements DueCounts {
  constructor(
    private readonly database: Database,
    private readonly lists: ClockListsStore,
    private readonly points: DuePointsStore,
  ) {}

  open(): Promise<OpenClocks[]> {
    return this.lists.openClocks(this.database);
  }

  failing(): Promise<number> {
    return this.points.failing(this.database);
  }

  waiting(): Promise<WaitingPoints> {
    return this.points.waiting(this.database);
  }
}
