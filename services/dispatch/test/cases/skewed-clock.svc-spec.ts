import { afterEach, describe, expect, it } from '@jest/globals';
import { ms } from '@gongdan/kernel';
import { eventually, skewWallClock } from '@gongdan/testing';
import { DispatchService } from '../dispatch-service.js';

const HOUR_MS = 3_600_000;
let restore: () => void = () => undefined;
let started: DispatchService | undefined;
afterEach(async () => {
  restore();
  await started?.service.close();
  started = undefined;
});

/** Dispatch in a process whose wall clock is off, which also signs the tokens. */
async function startSkewed(byMs: number): Promise<DispatchService> {
  restore = skewWallClock(byMs);
  started = await DispatchService.start();
  return started;
}

describe.each([
  ['ahead', HOUR_MS],
  ['behind', -HOUR_MS],
])('in a process whose wall clock is an hour %s', (_, byMs) => {
  it('dates events by the clock of the database, and is not ready', async () => {
    const dispatch = await startSkewed(byMs);
    const before = Date.now() - byMs;
    const ticketId = await dispatch.ticket();
    const [event] = await eventually(() => {
      const emitted = dispatch.service.emitted(ticketId);
      if (emitted.length === 0) throw new Error('no event yet');
      return emitted;
    });
    expect(ms(event?.occurredAt ?? '')).toBeGreaterThan(before - 60_000);
    expect(ms(event?.occurredAt ?? '')).toBeLessThan(Date.now() - byMs + 60_000);
    const ready = await dispatch.service.call('GET', '/health/ready', { as: null });
    expect(ready).toMatchObject({ status: 503, body: { reasons: { clock: expect.stringContaining('wall clock') } } });
  });
});

describe('a token, in a process whose wall clock is an hour behind', () => {
  it('a token is refused once it has expired by the clock of the database', async () => {
    const dispatch = await startSkewed(-HOUR_MS);
    const statusOf = async (expires: string) =>
      (await dispatch.service.call('GET', '/v1/clock', { as: { roles: ['admin'], expires } })).status;
    // The test signs with the wall clock that is an hour behind: 58 minutes from there ended two minutes ago.
    expect(await statusOf('58m')).toBe(401);
    expect(await statusOf('62m')).toBe(200);
  });
});
