import { Injectable } from '@nestjs/common';
import { type Tx } from '@gongdan/platform';
import { ActionKeysStore } from '../../store/cases/action-keys.store.js';
import { TicketJobsStore } from '../../store/work/ticket-jobs.store.js';

/** Deletes the Idempotency-Keys of actions after seven days, because a key protects retries only, and bulk actions with their results after thirty. */
@Injectable()
export class ForgetActionKeys {
  constructor(
    private readonly keys: ActionKeysStore,
    private readonly jobs: TicketJobsStore,
  ) {}

  async run(tx: Tx): Promise<number> {
    return (await this.keys.forget(tx)) + (await this.jobs.forget(tx));
  }
}
