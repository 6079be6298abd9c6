import { Injectable } from '@nestjs/common';
import { type Tx } from '@gongdan/platform';
import { TicketsStore } from '../../store/tickets.store.js';

/** Deletes stored answers after seven days: an Idempotency-Key protects retries, and may be used again afterwards. */
@Injectable()
export class ForgetAnswers {
  constructor(private readonly tickets: TicketsStore) {}

  run(tx: Tx): Promise<number> {
    return this.tickets.forgetAnswers(tx, 7);
  }
}
