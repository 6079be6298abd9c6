import { describe, expect, it } from '@jest/globals';
import { shippedHolidays } from './index.js';

const days = [...(shippedHolidays['CN']?.days ?? [])];
const isWeekend = (date: string): boolean => [0, 6].includes(new Date(`${date}T00:00:00Z`).getUTCDay());

describe('the notices of China', () => {
  // Weekends worked in exchange cancel out days off: the legal holidays remain, 11 days a year and 13 since 2025.
  it.each([
    ['2023', 11],
    ['2024', 11],
    ['2025', 13],
    ['2026', 13],
  ])('%s: have as many weekdays off, less make-up days, as there are legal holidays (%i)', (year, legal) => {
    const ofYear = days.filter(([date]) => date.startsWith(year));
    const weekdaysOff = ofYear.filter(([date, kind]) => kind === 'off' && !isWeekend(date)).length;
    expect(weekdaysOff - ofYear.filter(([, kind]) => kind === 'work').length).toBe(legal);
  });

  it('the notices of China contain no date outside the years they cover except the New Year weekend before the first', () => {
    const years = shippedHolidays['CN']?.years ?? new Set();
    expect(days.filter(([date]) => !years.has(Number(date.slice(0, 4)))).map(([date]) => date)).toEqual(['2022-12-31']);
  });
});
