import { hash32 } from '@gongdan/kernel';
import { type Repeat } from './plan.js';

/**
 * A message is *planned*, then *sending* (committed before the provider is called), then *accepted* (the provider answered yes), *failed*
 * (it answered no, or the last attempt was made) or *in-doubt*: the provider may have it, which cannot be known, and the template forbids a second attempt.
 */
export const MESSAGE_STATES = ['planned', 'sending', 'accepted', 'failed', 'in-doubt'] as const;
export type MessageState = (typeof MESSAGE_STATES)[number];
export type Channel = 'email' | 'webhook';

/** How one call to a provider ended. `doubt`: the message was handed over and no answer came. */
export type Attempt =
  | { result: 'accepted'; receipt: string }
  | { result: 'refused'; error: string; gone?: boolean }
  | { result: 'deferred'; error: string; retryAfterMs?: number }
  | { result: 'doubt'; error: string };

/** What the message becomes after an attempt. */
export type NextState =
  | { state: 'accepted'; receipt: string }
  | { state: 'failed' | 'in-doubt'; error: string }
  | { state: 'planned'; afterMs: number; error: string };

const S = 1_000;
const M = 60 * S;
const H = 60 * M;
/** Delays between attempts. None is shorter than the longest sleep of the pump (delivery-pump.ts). */
const SCHEDULES: Record<Channel, readonly number[]> = {
  email: [10 * S, M, 5 * M, 30 * M, 2 * H],
  webhook: [5 * S, 5 * M, 30 * M, 2 * H, 5 * H, 10 * H, 14 * H, 20 * H, 24 * H],
};
const LONGEST_RETRY_AFTER = 24 * H;

export interface Tried {
  id: string;
  channel: Channel;
  /** The number of this attempt, from 1. */
  attempt: number;
  /** The attempts that were made before the message was sent again by hand. */
  earlierAttempts: number;
  repeat: Repeat;
}

export function afterAttempt(m: Tried, a: Attempt): NextState {
  if (a.result === 'accepted') return { state: 'accepted', receipt: a.receipt.slice(0, 300) };
  const error = a.error.slice(0, 500);
  if (a.result === 'refused') return { state: 'failed', error };
  if (a.result === 'doubt' && m.repeat === 'at-most-once') return { state: 'in-doubt', error };
  const delay = retryDelay({ ...m, attempt: m.attempt - m.earlierAttempts });
  if (delay === undefined) return { state: a.result === 'doubt' ? 'in-doubt' : 'failed', error };
  const asked = a.result === 'deferred' ? Math.min(a.retryAfterMs ?? 0, LONGEST_RETRY_AFTER) : 0;
  return { state: 'planned', afterMs: Math.max(delay, asked), error };
}

/** How long to wait after this attempt; undefined when it was the last one. */
export function retryDelay({ id, channel, attempt }: Pick<Tried, 'id' | 'channel' | 'attempt'>): number | undefined {
  const delay = SCHEDULES[channel][attempt - 1];
  // Up to a tenth more, different for each message: messages that failed together are not retried together.
  return delay === undefined ? undefined : Math.round(delay * (1 + (hash32(`${id}${attempt}`) % 1_000) / 10_000));
}

/** Whether no more attempts are made unless a person requests one. */
export function isSettled(state: MessageState): boolean {
  return state !== 'planned' && state !== 'sending';
}

/** Milliseconds of a Retry-After header, which holds seconds or an HTTP date (RFC 9110); undefined when it holds neither. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * S;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
