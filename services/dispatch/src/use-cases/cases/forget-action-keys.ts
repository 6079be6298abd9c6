import { Injectable } from '@nestjs/common';
import { type Tx } from '@gongdan/platform';
import { ActionKeysStore } from '../../store/action-keys.store.js';

/** Deletes the Idempotency-Keys of actions after seven days: a key protects retries, and may be used again afterwards. */
@Injectable()
export class ForgetActionKeys {
  constructor(private readonly keys: ActionKeysStore) {}

  run(tx: Tx): Promise<number> {
    return this.keys.forget(tx);
  }
}
