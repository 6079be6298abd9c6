import { describe, expect, it } from '@jest/globals';
import { numberOf, type NumberingRule, planNumber } from './numbering.js';

const rule = (format: string, scope: NumberingRule['scope'] = []): NumberingRule => ({ format, scope, gapFree: false });
const first = (format: string, count = 7): string => numberOf(planNumber('p', rule(format), '2026-03-09', 'NW'), count);

describe('numbers', () => {
  it.each([
    ['GD{yyyy}{mm}{seq:6}', 'GD202603000007'],
    ['{unit}-{yy}{mm}{dd}-{seq:3}', 'NW-260309-007'],
    ['{seq}', '7'],
    ['{seq:4}/{yyyy}', '0007/2026'],
    ['{unit}{unit}{seq:1}', 'NWNW7'],
    ['no place for a count', 'no place for a count7'],
  ])('%s reads %s', (format, expected) => {
    expect(first(format)).toBe(expected);
  });

  it('never cuts a count that outgrew its width', () => {
    expect(first('{yyyy}{mm}{seq:3}', 1_000)).toBe('2026031000');
  });

  it('puts text of a unit where it stands, not into the pattern', () => {
    expect(numberOf(planNumber('p', rule('{unit}{seq:2}'), '2026-03-09', '$&'), 1)).toBe('$&01');
  });

  it.each([
    [[], 'p'],
    [['unit', 'month'], 'p|unit=NW|month=202603'],
    [['year', 'month'], 'p|year=2026|month=202603'],
    [['day'], 'p|day=20260309'],
  ] as [NumberingRule['scope'], string][])('counts by %j in the series %s', (scope, series) => {
    expect(planNumber('p', rule('{seq}', scope), '2026-03-09', 'NW').series).toBe(series);
  });

  it('begins anew with a month, a unit, a pack', () => {
    const of = (pack: string, local: string, unit: string) => planNumber(pack, rule('{seq}', ['unit', 'month']), local, unit).series;
    expect(new Set([of('p', '2026-03-31', 'A'), of('p', '2026-04-01', 'A'), of('p', '2027-03-31', 'A'), of('p', '2026-03-31', 'B'), of('q', '2026-03-31', 'A')]).size).toBe(5);
    expect(of('p', '2026-03-01', 'A')).toBe(of('p', '2026-03-31', 'A'));
  });
});
