import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Database, logger } from '@gongdan/platform';
import { ForgetAnswers } from '../use-cases/forget-answers.js';

const HOUR = 3_600_000;
const log = logger('forget-answers');

/** Keeps the table of stored answers small; every replica tries, deleting twice is harmless. */
@Injectable()
export class ForgetAnswersJob implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly forgetAnswers: ForgetAnswers,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.tick(), HOUR);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  async tick(): Promise<void> {
    await this.database.transaction((tx) => this.forgetAnswers.run(tx)).catch((error: unknown) => log.warn('old answers stay for now', { error: String(error) }));
  }
}
