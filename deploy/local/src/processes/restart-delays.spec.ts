import { describe, expect, it } from '@jest/globals';
import { RestartDelays } from './restart-delays.js';

describe('RestartDelays', () => {
  it('doubles the delay each time a part ends, up to half a minute', () => {
    const delays = new RestartDelays();
    let now = 0;
    const waits = Array.from({ length: 9 }, () => {
      const wait = delays.next('sla', now);
      now += wait + 1_000;
      return wait;
    });
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('begins with half a second again after a minute of running, for each part by itself', () => {
    const delays = new RestartDelays();
    delays.next('sla', 0);
    expect(delays.next('sla', 2_000)).toBe(1_000);
    expect(delays.next('kafka', 2_000)).toBe(500);
    expect(delays.next('sla', 2_000 + 1_000 + 60_000)).toBe(500);
  });
});
