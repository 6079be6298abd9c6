import { describe, expect, it } from '@jest/globals';
import { document, median, percentile, table } from './report.js';

describe('the report', () => {
  it('computes percentiles by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect([percentile(hundred, 50), percentile(hundred, 99), percentile(hundred, 100)]).toEqual([50, 99, 100]);
    expect(median([3, 1, 2])).toBe(2);
    expect(percentile([], 50)).toBeNaN();
  });

  it('shows whether a target was met, and an empty cell where there is no target', () => {
    const rows = table([
      { what: 'a', target: '≥ 1', measured: '2', floor: '4', ratio: 0.5, met: true },
      { what: 'b', target: 'reported', measured: '3 s' },
    ]).split('\n');
    expect(rows.slice(2)).toEqual(['| a | ≥ 1 | 4 | 2 | 0.50 | yes |', '| b | reported |  | 3 s |  |  |']);
  });

  it('names the day and the machine', () => {
    expect(document([], ['2 cores'], '2026-01-02T03:04:05.000Z')).toContain(
      'on 2026-01-02; every floor was measured in the same run. Machine:\n\n- 2 cores\n',
    );
  });
});
