import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Tx } from '@gongdan/platform';
import { type IntakeConfig } from '../../config.js';
import { TicketsStore } from '../../store/tickets.store.js';

/** Deletes stored answers after some days: an Idempotency-Key protects retries, and may be used again afterwards. */
@Injectable()
export class ForgetAnswers {
  constructor(
    @Inject(CONFIG) private readonly config: IntakeConfig,
    private readonly tickets: TicketsStore,
  ) {}

  run(tx: Tx): Promise<number> {
    return this.tickets.forgetAnswers(tx, this.config.keysKeptDays);
  }
}
