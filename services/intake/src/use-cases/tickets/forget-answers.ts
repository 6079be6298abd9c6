import { Injectable } from '@nestjs/common';
import { type Tx } from '@gongdan/platform';
import { TicketsStore } from '../../store/tickets.store.js';

/** An Idempotency-Key protects retries, not archives: after seven days it may be used anew. */
@Injectable()
export class ForgetAnswers {
  constructor(private readonly tickets: TicketsStore) {}

  run(tx: Tx): Promise<number> {
    return this.tickets.forgetAnswers(tx, 7);
  }
}
