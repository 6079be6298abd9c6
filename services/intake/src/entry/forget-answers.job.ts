import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Database, logger } from '@gongdan/platform';
import { ForgetAnswers } from '../use-cases/tickets/forget-answers.js';

const HOUR = 3_600_000;
const log = logger('forget-answers');

/** Keeps the table of stored answers small. Every replica runs it; deleting twice is harmless. */
@Injectable()
export class ForgetAnswersJob {
  constructor(
    private readonly database: Database,
    private readonly forgetAnswers: ForgetAnswers,
  ) {}

  @Interval(HOUR)
  async tick(): Promise<void> {
    await this.database
      .transaction((tx) => this.forgetAnswers.run(tx))
      .catch((error: unknown) => log.warn('stored answers could not be deleted; the next run tries again', { error: String(error) }));
  }
}
