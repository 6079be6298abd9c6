import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Tx } from '@gongdan/platform';
import { type DispatchConfig } from '../../config.js';
import { ActionKeysStore } from '../../store/idempotency/action-keys.store.js';
import { SubmissionsStore } from '../../store/idempotency/submissions.store.js';
import { TicketJobsStore } from '../../store/work/ticket-jobs.store.js';

/**
 * Deletes a share of what nobody asks for any more: Idempotency-Keys of actions, bulk actions and cascades with their results, refused updates of devices. The periods
 * are settings.
 */
@Injectable()
export class ForgetOldRows {
  constructor(
    @Inject(CONFIG) private readonly config: DispatchConfig,
    private readonly keys: ActionKeysStore,
    private readonly jobs: TicketJobsStore,
    private readonly submissions: SubmissionsStore,
  ) {}

  /** Returns how many rows were deleted. */
  async run(tx: Tx): Promise<number> {
    const { keysKeptDays, bulkKeptDays, cascadesKeptDays, refusedUpdatesKeptDays } = this.config;
    const keys = await this.keys.forget(tx, keysKeptDays);
    const jobs = await this.jobs.forget(tx, { bulk: bulkKeptDays, cascade: cascadesKeptDays });
    return keys + jobs + (await this.submissions.forget(tx, refusedUpdatesKeptDays));
  }
}
