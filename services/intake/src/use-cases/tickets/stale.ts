import { Conflict } from '@gongdan/kernel';
import { type Sealer } from '@gongdan/platform';
import { type StoredTicket } from '../../store/tickets.store.js';
import { viewOf } from './ticket-view.js';

/** If-Match (RFC 9110): a stale version is 409 with the current state, so that the caller can decide again. */
export function mustBeVersion(current: StoredTicket, expected: number | undefined, sealer: Sealer): void {
  if (expected !== undefined && expected !== current.version) {
    throw new Conflict(
      'intake/stale-version',
      { details: { current: viewOf(current, sealer) } },
      `the ticket is at version ${current.version}`,
    );
  }
}
