import { hash32 } from '@gongdan/kernel';
import { type Repeat } from './plan.js';

/**
 * A message is *planned*, then *sending* (committed before the provider is called), then *accepted* (the provider answered yes), *failed*
 * (it said no, or we gave up) or *in-doubt*: it may have been taken, nobody can know, and the template forbids a second try.
 */
export const MESSAGE_STATES = ['planned', 'sending', 'accepted', 'failed', 'in-doubt'] as const;
export type MessageState = (typeof MESSAGE_STATES)[number];
export type Channel = 'email' | 'webhook';

/** What one call to a provider ended with. `doubt`: the message was handed over and no answer came. */
export type Attempt =
  | { result: 'accepted'; receipt: string }
  | { result: 'refused'; error: string; gone?: boolean }
  | { result: 'deferred'; error: string; retryAfterMs?: number }
  | { result: 'doubt'; error: string };

/** What becomes of the message after an attempt. */
export type Next =
  | { state: 'accepted'; receipt: string }
  | { state: 'failed' | 'in-doubt'; error: string }
  | { state: 'planned'; afterMs: number; error: string };

const S = 1_000;
const M = 60 * S;
const H = 60 * M;
const SCHEDULES: Record<Channel, readonly number[]> = {
  email: [10 * S, M, 5 * M, 30 * M, 2 * H],
  webhook: [5 * S, 5 * M, 30 * M, 2 * H, 5 * H, 10 * H, 14 * H, 20 * H, 24 * H],
};
const LONGEST_WISH = 24 * H;

export interface Tried {
  id: string;
  channel: Channel;
  /** Counts from 1. */
  attempt: number;
  /** Those among them that were made before the message was sent again by hand. */
  earlierAttempts: number;
  repeat: Repeat;
}

export function afterAttempt(m: Tried, a: Attempt): Next {
  if (a.result === 'accepted') return { state: 'accepted', receipt: a.receipt.slice(0, 300) };
  const error = a.error.slice(0, 500);
  if (a.result === 'refused') return { state: 'failed', error };
  if (a.result === 'doubt' && m.repeat === 'at-most-once') return { state: 'in-doubt', error };
  const delay = retryDelay({ ...m, attempt: m.attempt - m.earlierAttempts });
  if (delay === undefined) return { state: a.result === 'doubt' ? 'in-doubt' : 'failed', error };
  const wish = a.result === 'deferred' ? Math.min(a.retryAfterMs ?? 0, LONGEST_WISH) : 0;
  return { state: 'planned', afterMs: Math.max(delay, wish), error };
}

/** How long to wait after this attempt; undefined: it was the last one. */
export function retryDelay({ id, channel, attempt }: Pick<Tried, 'id' | 'channel' | 'attempt'>): number | undefined {
  const delay = SCHEDULES[channel][attempt - 1];
  // Up to a tenth more, by message: what failed together does not come back together.
  return delay === undefined ? undefined : Math.round(delay * (1 + (hash32(`${id}${attempt}`) % 1_000) / 10_000));
}

/** What nothing more happens to by itself. */
export function isSettled(state: MessageState): boolean {
  return state !== 'planned' && state !== 'sending';
}

/** Retry-After: seconds or an HTTP date (RFC 9110). */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * S;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
