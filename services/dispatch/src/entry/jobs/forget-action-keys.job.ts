import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Database, logger } from '@gongdan/platform';
import { ForgetActionKeys } from '../../use-cases/cases/forget-action-keys.js';

const HOUR = 3_600_000;
const log = logger('forget-action-keys');

/** Keeps the table of keys small. Every replica runs it; deleting twice is harmless. */
@Injectable()
export class ForgetActionKeysJob {
  constructor(
    private readonly database: Database,
    private readonly forgetActionKeys: ForgetActionKeys,
  ) {}

  @Interval(HOUR)
  async tick(): Promise<void> {
    await this.database
      .transaction((tx) => this.forgetActionKeys.run(tx))
      .catch((error: unknown) => log.warn('old keys could not be deleted; the next run tries again', { error: String(error) }));
  }
}
