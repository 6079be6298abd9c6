import { describe, expect, it } from '@jest/globals';
import { type PartitionProgress, reachOf } from './reach.js';

const WAIT = 600_000;
const [EARLY, LATE] = ['2026-03-02T01:00:00.000Z', '2026-03-02T02:00:00.000Z'];
const progress = (partition: number, until: string | null, readToEndForMs = 0): PartitionProgress => ({ partition, until, readToEndForMs });

describe('reachOf', () => {
  it('reaches nothing while the broker is away', () => {
    expect(reachOf([], WAIT)).toEqual([]);
  });

  it('ends the wait of a partition that was read to its end for the whole wait', () => {
    expect(reachOf([progress(0, null, WAIT - 1), progress(1, null, WAIT)], WAIT).map((r) => r.waited)).toEqual([false, true, false]);
  });

  it.each([
    ['the earliest partition', [progress(0, LATE), progress(1, EARLY)], EARLY],
    ['nothing while one partition is unknown', [progress(0, LATE), progress(1, null)], null],
  ])('reaches for points without a partition as far as %s', (_, partitions, until) => {
    expect(reachOf(partitions, WAIT).at(-1)).toMatchObject({ partition: -1, until });
  });

  it('ends the wait for points without a partition when it has ended for all partitions', () => {
    expect(reachOf([progress(0, null, WAIT), progress(1, null, WAIT)], WAIT).at(-1)).toMatchObject({ waited: true });
  });
});
