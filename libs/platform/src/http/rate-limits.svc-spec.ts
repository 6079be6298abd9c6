import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { TooMany } from '@gongdan/kernel';
import { configureLogging } from '../watching/logging.js';
import { RateLimits } from './rate-limits.js';
import { RedisConnection } from '../redis.js';
import { type Sample, sampleStack, startSample } from '../sample-service.js';
import { eventually } from '../testing.js';

configureLogging('spec', 'error');

const toStop: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of toStop.splice(0)) await stop();
});

const until = (isSo: () => boolean, ms?: number): Promise<void> => eventually(() => expect(isSo()).toBe(true), ms);

async function replica(redisUrl: string | undefined, settings = { callerPerS: 10, orgPerS: 20 }): Promise<RateLimits> {
  const redis = new RedisConnection(redisUrl);
  await redis.start();
  if (redisUrl?.startsWith(sampleStack().redis)) await until(() => redis.available);
  const limits = new RateLimits(redis, 'intake', settings);
  toStop.push(
    () => limits.stop(),
    () => redis.stop(),
  );
  return limits;
}

const passes = (limits: RateLimits, org: string, caller: string): boolean => {
  try {
    limits.spend(org, caller);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(TooMany);
    return false;
  }
};
const spendAll = (limits: RateLimits, org: string, caller: string, tries: number): number =>
  Array.from({ length: tries }, () => passes(limits, org, caller)).filter(Boolean).length;

describe.each([
  ['with Redis', () => sampleStack().redis],
  ['without Redis', () => undefined],
  ['while Redis is away', () => 'redis://127.0.0.1:1'],
])('rate limits %s', (_, url) => {
  it('refuses a caller beyond its limit, and no other caller', async () => {
    const limits = await replica(url());
    const org = randomBytes(4).toString('hex');
    expect(spendAll(limits, org, 'greedy', 150)).toBe(100);
    expect(spendAll(limits, org, 'other', 50)).toBe(50);
  });

  it('refuses an organisation whose callers together are beyond its limit, and no other organisation', async () => {
    const limits = await replica(url());
    const org = randomBytes(4).toString('hex');
    const taken = Array.from({ length: 5 }, (_x, i) => spendAll(limits, org, `caller ${i}`, 90));
    expect(taken.reduce((a, b) => a + b)).toBe(200);
    expect(passes(limits, `${org}-2`, 'caller 0')).toBe(true);
  });
});

describe('rate limits', () => {
  it('shares the limits of replicas through Redis', async () => {
    const [a, b] = [await replica(sampleStack().redis), await replica(sampleStack().redis)];
    const org = randomBytes(4).toString('hex');
    expect(spendAll(a, org, 'greedy', 100)).toBe(100);
    // The other replica learns it with its next exchange, after 500 ms; it cannot have spent the limit by itself.
    let passed = 0;
    for (; passed < 90 && passes(b, org, 'greedy'); passed++) await new Promise((wake) => setTimeout(wake, 50));
    expect(passed).toBeGreaterThan(0);
    expect(passed).toBeLessThan(90);
  });

  it('lets a caller pass again when the window ends', async () => {
    const limits = await replica(undefined, { callerPerS: 1, orgPerS: 0 });
    expect(spendAll(limits, 'acme', 'wang', 20)).toBe(10);
    await until(() => passes(limits, 'acme', 'wang'));
  });

  it('refuses no request when the limits are 0', async () => {
    const limits = await replica(undefined, { callerPerS: 0, orgPerS: 0 });
    expect(spendAll(limits, 'acme', 'wang', 5_000)).toBe(5_000);
    expect(limits.policy).toBe('');
  });
});

describe('a service with rate limits', () => {
  it('answers 429 with Retry-After and RateLimit to one caller, and serves another organisation', async () => {
    const sample: Sample = await startSample({ env: { RATE_CALLER_PER_S: '2', RATE_ORG_PER_S: '3', LOG_LEVEL: 'error' } });
    toStop.push(() => sample.stop());
    const answers = await Promise.all(Array.from({ length: 30 }, () => sample.call('GET', '/v1/cause')));
    expect(answers.filter((a) => a.status === 200)).toHaveLength(20);
    const refused = answers.find((a) => a.status === 429);
    expect(refused?.body).toMatchObject({ code: 'platform/too-many-requests' });
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(Number(refused?.headers.get('retry-after'))).toBeLessThanOrEqual(10);
    expect(refused?.headers.get('ratelimit-policy')).toBe('"caller";q=20;w=10, "org";q=30;w=10');
    expect(refused?.headers.get('ratelimit')).toMatch(/^"caller";r=0;t=\d+, "org";r=10;t=\d+$/);
    const other = await sample.call('GET', '/v1/cause', { token: await sample.keys.sign({ org: 'other' }) });
    expect([other.status, other.headers.get('ratelimit')]).toEqual([200, expect.stringMatching(/^"caller";r=19;t=\d+, "org";r=29;/)]);
    expect((await sample.call('GET', '/health/live', { token: null })).status).toBe(200);
  });
});
