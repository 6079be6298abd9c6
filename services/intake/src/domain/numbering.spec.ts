import { describe, expect, it } from '@jest/globals';
import { numberOf, type NumberingRule, planNumber } from './numbering.js';

const rule = (format: string, scope: NumberingRule['scope'] = []): NumberingRule => ({ format, scope, gapFree: false });
const first = (format: string, count = 7): string => numberOf(planNumber(rule(format), '2026-03-09', 'NW'), count);

describe('numbers', () => {
  it.each([
    ['GD{yyyy}{mm}{seq:6}', 'GD202603000007'],
    ['{unit}-{yy}{mm}{dd}-{seq:3}', 'NW-260309-007'],
    ['{seq}', '7'],
    ['{seq:4}/{yyyy}', '0007/2026'],
    ['{unit}{unit}{seq:1}', 'NWNW7'],
    ['no place for a count', 'no place for a count7'],
  ])('numbers of the format %s read %s', (format, expected) => {
    expect(first(format)).toBe(expected);
  });

  it('numbers keep all digits of a count that outgrew its width', () => {
    expect(first('{yyyy}{mm}{seq:3}', 1_000)).toBe('2026031000');
  });

  it('numbers have the code of a unit as it is, although it looks like a replacement pattern', () => {
    expect(numberOf(planNumber(rule('{unit}{seq:2}'), '2026-03-09', '$&'), 1)).toBe('$&01');
  });

  it.each([
    ['{seq}', [], '{seq}'],
    ['{unit}-{yyyy}{mm}{seq:3}', ['unit', 'month'], 'NW-202603{seq}'],
    ['GD{yyyy}{mm}{seq:6}', ['year', 'month'], 'GD202603{seq}'],
    ['GD{yyyy}{mm}{seq:6}', ['year'], 'GD2026{mm}{seq}'],
    ['{unit}{seq:4}/{yy}', ['year'], '{unit}{seq}/26'],
    ['{yy}{mm}{dd}{seq:2}', ['day'], '260309{seq}'],
  ] as [string, NumberingRule['scope'], string][])('of the format %s with the scope %j count in the series %s', (format, scope, series) => {
    expect(planNumber(rule(format, scope), '2026-03-09', 'NW').series).toBe(series);
  });

  it('numbers start again in each month and for each unit', () => {
    const of = (local: string, unit: string) => planNumber(rule('{unit}{yyyy}{mm}{seq:3}', ['unit', 'month']), local, unit).series;
    expect(new Set([of('2026-03-31', 'A'), of('2026-04-01', 'A'), of('2027-03-31', 'A'), of('2026-03-31', 'B')]).size).toBe(4);
    expect(of('2026-03-01', 'A')).toBe(of('2026-03-31', 'A'));
  });

  it('numbers of formats that differ in width share a series, because no two of its counts look the same', () => {
    const series = ['GD{yyyy}{seq:3}', 'GD{yyyy}{seq:6}'].map((format) => planNumber(rule(format, ['year']), '2026-03-09', '').series);
    expect(series[0]).toBe(series[1]);
  });
});
