import { Injectable } from '@nestjs/common';
import { type Tx } from '@gongdan/platform';
import { ActionKeysStore } from '../../store/idempotency/action-keys.store.js';
import { SubmissionsStore } from '../../store/idempotency/submissions.store.js';
import { TicketJobsStore } from '../../store/work/ticket-jobs.store.js';

/**
 * Deletes a share of what nobody asks for any more: Idempotency-Keys of actions after seven days, because a key protects retries only; bulk actions with
 * their results after thirty; cascades, which wait for tickets that are linked later, and refused updates of devices after 400.
 */
@Injectable()
export class ForgetOldRows {
  constructor(
    private readonly keys: ActionKeysStore,
    private readonly jobs: TicketJobsStore,
    private readonly submissions: SubmissionsStore,
  ) {}

  /** Returns how many rows were deleted. */
  async run(tx: Tx): Promise<number> {
    return (await this.keys.forget(tx)) + (await this.jobs.forget(tx)) + (await this.submissions.forget(tx));
  }
}
