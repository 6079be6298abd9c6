import { describe, expect, it } from '@jest/globals';
import { catchUp, MOST_MISSED, OLDEST_MISSED_MS } from './planned.js';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 2, 9, 12);
const back = (...hours: number[]): number[] => hours.map((h) => NOW - h * HOUR);

describe('catching up the occurrences of a plan', () => {
  it('registers each missed one, oldest first', () => {
    expect(catchUp(back(3, 2, 0), NOW)).toEqual({ register: back(3, 2, 0), skipped: 0, skippedUntil: undefined });
  });

  it('skips all but the newest ten', () => {
    const missed = Array.from({ length: MOST_MISSED + 2 }, (_, i) => NOW - (MOST_MISSED + 1 - i) * HOUR);
    expect(catchUp(missed, NOW)).toEqual({ register: missed.slice(2), skipped: 2, skippedUntil: missed[1] });
  });

  it('skips what is older than seven days, and registers what is exactly so old', () => {
    const [tooOld, oldest] = [NOW - OLDEST_MISSED_MS - 1, NOW - OLDEST_MISSED_MS];
    expect(catchUp([tooOld - HOUR, tooOld, oldest], NOW)).toEqual({ register: [oldest], skipped: 2, skippedUntil: tooOld });
  });
});
