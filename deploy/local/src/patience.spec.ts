import { describe, expect, it } from '@jest/globals';
import { Patience } from './patience.js';

describe('a part that ends by itself', () => {
  it('waits twice as long each time, half a minute at most', () => {
    const patience = new Patience();
    let now = 0;
    const waits = Array.from({ length: 9 }, () => {
      const wait = patience.next('sla', now);
      now += wait + 1_000;
      return wait;
    });
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('is forgiven after a minute of life, and does not pay for others', () => {
    const patience = new Patience();
    patience.next('sla', 0);
    expect(patience.next('sla', 2_000)).toBe(1_000);
    expect(patience.next('kafka', 2_000)).toBe(500);
    expect(patience.next('sla', 2_000 + 1_000 + 60_000)).toBe(500);
  });
});
