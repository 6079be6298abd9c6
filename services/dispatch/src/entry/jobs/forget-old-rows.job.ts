import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Database, logger } from '@gongdan/platform';
import { ForgetOldRows } from '../../use-cases/work/forget-old-rows.js';

const HOUR = 3_600_000;
/** An hour's turn deletes at most so many shares, each in its own transaction. */
const MOST_SHARES = 200;
const log = logger('forget-old-rows');

/** Keeps tables small that only remember. Every replica runs it; deleting twice is harmless. */
@Injectable()
export class ForgetOldRowsJob {
  constructor(
    private readonly database: Database,
    private readonly forgetOldRows: ForgetOldRows,
  ) {}

  @Interval(HOUR)
  async tick(): Promise<void> {
    try {
      for (let share = 0; share < MOST_SHARES; share++)
        if ((await this.database.transaction((tx) => this.forgetOldRows.run(tx))) === 0) return;
    } catch (error) {
      log.warn('old rows could not be deleted; the next run tries again', { error: String(error) });
    }
  }
}
