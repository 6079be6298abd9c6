import { NewerVersion } from '@gongdan/contracts';
import { appErrorIn } from '@gongdan/kernel';
import { isDatabaseAway, sqlState } from '@gongdan/platform';
import { prettifyError, ZodError } from 'zod';

/** The environment failed, not the record: no attempt is counted, and the batch is delivered again later. */
export class EnvironmentUnavailable extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : 'the environment is unavailable', { cause });
  }
}

/**
 * What to do about an error. `wait`: the environment failed, so the whole batch is delivered again later. `defer`: something this record needs
 * has not arrived, so its ticket is parked and retried by the service itself. `retry`: the record is retried a few times and then parked.
 * `park`: the record cannot succeed as things are.
 */
export type ErrorClass = { action: 'wait' } | { action: 'defer' | 'retry' | 'park'; code: string; error: string };

/** How often a record that fails for an unknown reason is tried before it is parked. */
export const MAX_ATTEMPTS = 4;

/** Classifies by type and SQLSTATE through the chain of causes, never by message. */
export function classifyError(error: unknown): ErrorClass {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const app = appErrorIn(error);
  if (isDatabaseAway(error) || app?.code === 'platform/database-away') return { action: 'wait' };
  // Waiting in place would not help: what is missing (a pack) comes over the same bus, and a client fetches nothing while a record waits.
  if (app) return { action: app.kind === 'unavailable' || app.kind === 'too-many' ? 'defer' : 'park', code: app.code, error: text };
  if (error instanceof NewerVersion) return { action: 'park', code: 'messaging/newer-version', error: error.message };
  if (error instanceof ZodError) return { action: 'park', code: 'messaging/bad-payload', error: prettifyError(error) };
  // Database.transaction has already rerun deadlocks and lock timeouts.
  if (['40001', '40P01', '55P03', '57014'].includes(sqlState(error) ?? '')) return { action: 'wait' };
  return { action: 'retry', code: 'messaging/handler-failed', error: text };
}
