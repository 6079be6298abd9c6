import { NewerVersion } from '@gongdan/contracts';
import { appErrorIn } from '@gongdan/kernel';
import { isDatabaseAway, sqlState } from '@gongdan/platform';
import { prettifyError, ZodError } from 'zod';

/** The environment is at fault, not the record: nothing is spent, the partition waits. */
export class NotNow extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : 'not now', { cause });
  }
}

/**
 * `wait`: environment, everything stands still; `later`: something this record needs is not here yet, its ticket is put aside and tried again
 * by itself; `again`: a few more tries, then park; `park`: it can never succeed as things are.
 */
export type Verdict = { what: 'wait' } | { what: 'later' | 'again' | 'park'; code: string; error: string };

/** How often a record that fails for a reason we do not know is tried before it is parked. */
export const TRIES = 4;

export function judge(error: unknown): Verdict {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const app = appErrorIn(error);
  if (isDatabaseAway(error) || app?.code === 'platform/database-away') return { what: 'wait' };
  // Waiting in place would not bring it: what is missing (a pack) comes over the same bus, and a client fetches nothing while a record waits.
  if (app) return { what: app.kind === 'unavailable' || app.kind === 'too-many' ? 'later' : 'park', code: app.code, error: text };
  if (error instanceof NewerVersion) return { what: 'park', code: 'messaging/newer-version', error: error.message };
  if (error instanceof ZodError) return { what: 'park', code: 'messaging/bad-payload', error: prettifyError(error) };
  // Deadlocks and lock timeouts already ran again inside Database.transaction.
  if (['40001', '40P01', '55P03', '57014'].includes(sqlState(error) ?? '')) return { what: 'wait' };
  return { what: 'again', code: 'messaging/handler-failed', error: text };
}
