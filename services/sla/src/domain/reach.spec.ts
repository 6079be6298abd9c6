import { describe, expect, it } from '@jest/globals';
import { type Heard, reachOf } from './reach.js';

const WAIT = 600_000;
const [EARLY, LATE] = ['2026-03-02T01:00:00.000Z', '2026-03-02T02:00:00.000Z'];
const heard = (partition: number, until: string | null, readToEndForMs = 0): Heard => ({ partition, until, readToEndForMs });

describe('reachOf', () => {
  it('reaches nothing while the broker is away', () => {
    expect(reachOf([], WAIT)).toEqual([]);
  });

  it('ends the wait of a partition that was read to its end for the whole wait', () => {
    expect(reachOf([heard(0, null, WAIT - 1), heard(1, null, WAIT)], WAIT).map((r) => r.waited)).toEqual([false, true, false]);
  });

  it.each([
    ['the earliest partition', [heard(0, LATE), heard(1, EARLY)], EARLY],
    ['nothing while one partition is unknown', [heard(0, LATE), heard(1, null)], null],
  ])('reaches for points without a partition as far as %s', (_, partitions, until) => {
    expect(reachOf(partitions, WAIT).at(-1)).toMatchObject({ partition: -1, until });
  });

  it('ends the wait for points without a partition when it has ended for all partitions', () => {
    expect(reachOf([heard(0, null, WAIT), heard(1, null, WAIT)], WAIT).at(-1)).toMatchObject({ waited: true });
  });
});
