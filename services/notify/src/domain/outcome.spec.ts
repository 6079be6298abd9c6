import { describe, expect, it } from '@jest/globals';
import { afterAttempt, retryAfterMs, retryDelay, type Tried } from './outcome.js';

const mail = (over: Partial<Tried> = {}): Tried => ({
  id: 'm',
  channel: 'email',
  attempt: 1,
  earlierAttempts: 0,
  repeat: 'at-least-once',
  ...over,
});

describe('afterAttempt', () => {
  it('plans a mail again after ten seconds, then later and later, and gives up after the sixth attempt', () => {
    const delays = [1, 2, 3, 4, 5].map((attempt) => retryDelay(mail({ attempt })) ?? 0);
    [10, 60, 300, 1_800, 7_200].forEach((s, i) => {
      expect(delays[i]).toBeGreaterThanOrEqual(s * 1_000);
      expect(delays[i]).toBeLessThanOrEqual(s * 1_100);
    });
    expect(afterAttempt(mail({ attempt: 6 }), { result: 'deferred', error: '451' })).toEqual({ state: 'failed', error: '451' });
  });

  it('leaves a message in doubt when its template forbids a second one', () => {
    expect(afterAttempt(mail({ repeat: 'at-most-once' }), { result: 'doubt', error: 'lost' })).toEqual({
      state: 'in-doubt',
      error: 'lost',
    });
    expect(afterAttempt(mail(), { result: 'doubt', error: 'lost' })).toMatchObject({ state: 'planned' });
    expect(afterAttempt(mail({ repeat: 'at-most-once' }), { result: 'deferred', error: 'refused' })).toMatchObject({ state: 'planned' });
  });

  it('tries a webhook for three days and honours Retry-After up to one day', () => {
    const hook = mail({ channel: 'webhook' });
    expect(retryDelay({ ...hook, attempt: 9 })).toBeGreaterThanOrEqual(86_400_000);
    expect(retryDelay({ ...hook, attempt: 10 })).toBeUndefined();
    expect(afterAttempt(hook, { result: 'deferred', error: '429', retryAfterMs: 60_000 })).toMatchObject({ afterMs: 60_000 });
    expect(afterAttempt(hook, { result: 'deferred', error: '429', retryAfterMs: 1e12 })).toMatchObject({ afterMs: 86_400_000 });
  });

  it('starts the schedule again for a message that was sent again by hand', () => {
    const hook = mail({ channel: 'webhook', attempt: 11, earlierAttempts: 10 });
    expect(afterAttempt(hook, { result: 'deferred', error: '500' })).toEqual({
      state: 'planned',
      afterMs: retryDelay({ ...hook, attempt: 1 }),
      error: '500',
    });
    expect(afterAttempt({ ...hook, attempt: 20 }, { result: 'deferred', error: '500' })).toEqual({ state: 'failed', error: '500' });
  });

  it('reads Retry-After as seconds and as an HTTP date', () => {
    expect(retryAfterMs('120', 0)).toBe(120_000);
    expect(retryAfterMs('Thu, 01 Jan 1970 00:01:00 GMT', 0)).toBe(60_000);
    expect(retryAfterMs('soon', 0)).toBeUndefined();
  });
});
