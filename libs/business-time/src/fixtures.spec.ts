import { describe, expect, it } from '@jest/globals';
import {
  addCalendarDays,
  addCalendarMonths,
  addOpenTime,
  compileCalendar,
  endOfWorkingDay,
  openTimeBetween,
  workingDayLength,
  workingDaysBetween,
} from './index.js';

// The acceptance column of the processes and the fixtures F1 to F20, as they are written there.

const HOUR = 3_600_000;
const ZONE = 'Asia/Shanghai';
const day = ['09:00-12:00', '13:00-18:00'];
const cn = compileCalendar({ key: 'cn', zone: ZONE, hours: { mon: day, tue: day, wed: day, thu: day, fri: day }, holidays: ['CN'] });
const always = compileCalendar({ key: 'always', zone: ZONE, hours: 'always' });
const at = (text: string): number => Date.parse(`${text}:00+08:00`);
/** The last minute of a date is in time, the next one late. */
const endOf = (date: string): number => at(`${date}T23:59`) + 60_000;
const shown = (ms: number): string => new Date(ms + 8 * HOUR).toISOString().slice(0, 16).replace('T', ' ');

describe('day-count', () => {
  it.each<[string, string, number, string]>([
    ['P04 F8 regulator item with violation: audit within 3 wd', '2026-02-13T10:00', 3, '2026-02-25'],
    ['P04 F8 without violation: accepted within 1 wd, a make-up Saturday', '2026-02-13T10:00', 1, '2026-02-14'],
    ['P05 F9 hand-over on the same day', '2026-02-13T10:00', 0, '2026-02-13'],
    ['P05 F9 return request within 1 wd', '2026-02-13T10:00', 1, '2026-02-14'],
    ['P05 F9 consultation 3 wd', '2026-02-13T10:00', 3, '2026-02-25'],
    ['P05 F9 complaint 4 wd', '2026-02-13T10:00', 4, '2026-02-26'],
    ['P20 F10 consultation 3 wd', '2026-02-13T10:00', 3, '2026-02-25'],
    ['P20 F10 complaint 7 wd', '2026-02-13T10:00', 7, '2026-03-02'],
    ['P16 F11 special period, at the earliest 7 wd after the reply', '2026-02-09T10:00', 7, '2026-02-25'],
    ['P16 F11 special period, at the latest 10 wd', '2026-02-09T10:00', 10, '2026-02-28'],
    ['P36 F16 T2, the same day', '2026-02-13T16:00', 0, '2026-02-13'],
    ['P40 F18 clinic promise 3 wd', '2026-09-30T10:00', 3, '2026-10-10'],
  ])('%s', (_name, received, n, due) => {
    expect(shown(endOfWorkingDay(cn, at(received), n))).toBe(shown(endOf(due)));
  });

  it.each<[string, string, number, string]>([
    ['the same day of a day off ends that day', '2026-02-16T10:00', 0, '2026-02-16'],
    ['a day off counts nothing: received in the Spring Festival', '2026-02-16T10:00', 1, '2026-02-24'],
    ['received in the last minute of a day', '2026-02-13T23:59', 1, '2026-02-14'],
    ['received in the first minute of a day', '2026-02-14T00:00', 1, '2026-02-24'],
    ['over New Year, whose make-up day is a Sunday', '2025-12-31T10:00', 1, '2026-01-04'],
    ['over New Year 2025', '2024-12-31T10:00', 1, '2025-01-02'],
    ['over New Year 2023, which begins in 2022', '2022-12-30T10:00', 1, '2023-01-03'],
    ['2024: the Sunday after the Spring Festival is worked', '2024-02-09T10:00', 4, '2024-02-21'],
    ['2025: four days after the Spring Festival', '2025-01-27T10:00', 4, '2025-02-08'],
    ['to 29 February', '2024-02-28T10:00', 1, '2024-02-29'],
    ['from 29 February', '2024-02-29T10:00', 1, '2024-03-01'],
    ['a year without announced holidays: weekdays', '2027-02-05T10:00', 4, '2027-02-11'],
  ])('%s', (_name, received, n, due) => {
    expect(shown(endOfWorkingDay(cn, at(received), n))).toBe(shown(endOf(due)));
  });

  it('P05 accepts a return on Sat 2026-02-14 and refuses it on Tue 2026-02-24', () => {
    const end = endOfWorkingDay(cn, at('2026-02-13T10:00'), 1);
    expect(at('2026-02-14T23:59')).toBeLessThan(end);
    expect(at('2026-02-24T00:00')).toBeGreaterThanOrEqual(end);
  });

  it('ends at the end of a day and never at its beginning (a deadline at 00:00 would come a day early)', () => {
    const end = endOfWorkingDay(cn, at('2026-03-02T10:00'), 1);
    expect(shown(end - 1)).toBe('2026-03-03 23:59');
  });

  it('counts the working days that a ticket has used', () => {
    expect(workingDaysBetween(cn, at('2026-02-13T10:00'), at('2026-02-13T23:59'))).toBe(0);
    expect(workingDaysBetween(cn, at('2026-02-13T10:00'), at('2026-02-14T00:00'))).toBe(1);
    expect(workingDaysBetween(cn, at('2026-02-13T10:00'), at('2026-02-23T12:00'))).toBe(1);
    expect(workingDaysBetween(cn, at('2026-02-13T10:00'), at('2026-03-02T09:00'))).toBe(7);
    expect(workingDaysBetween(cn, at('2026-03-02T10:00'), at('2026-02-13T10:00'))).toBe(0);
  });

  it('counts the working days of a year', () => {
    const from = at('2024-12-31T12:00');
    expect(workingDaysBetween(cn, from, at('2025-12-31T12:00'))).toBe(248);
    expect(workingDaysBetween(cn, at('2025-12-31T12:00'), at('2026-12-31T12:00'))).toBe(248);
  });

  it('refuses fractions and negative numbers of days', () => {
    for (const n of [-1, 0.5, NaN, Infinity, 1e9]) expect(() => endOfWorkingDay(cn, 0, n)).toThrow(RangeError);
  });
});

describe('hour-count', () => {
  it.each<[string, string, number, string]>([
    ['P06 F1 urgent: transfer 1 h', '2026-02-13T10:00', 1, '2026-02-13 11:00'],
    ['P06 F1 urgent: feedback 4 h', '2026-02-13T10:00', 4, '2026-02-13 14:00'],
    ['F2 important: transfer 2 h', '2026-02-13T23:00', 2, '2026-02-14 01:00'],
    ['F2 important: feedback 14 h', '2026-02-13T10:00', 14, '2026-02-14 00:00'],
    ['F3 minor: transfer 3 h', '2026-02-13T10:00', 3, '2026-02-13 13:00'],
    ['F3 minor: feedback 30 h', '2026-02-13T10:00', 30, '2026-02-14 16:00'],
    ['F4 ordinary: transfer 60 h', '2026-02-13T10:00', 60, '2026-02-15 22:00'],
    ['F4 ordinary: feedback 144 h', '2026-02-13T10:00', 144, '2026-02-19 10:00'],
    ['F7 still on the line after 15 min', '2026-02-13T10:00', 0.25, '2026-02-13 10:15'],
    ['P28 F14 urgent repair: arrival 20 min', '2026-02-13T10:00', 1 / 3, '2026-02-13 10:20'],
    ['P28 F14 urgent repair: repaired in 8 h', '2026-02-13T10:00', 8, '2026-02-13 18:00'],
    ['P36 F16 T1: warning at 80 % of 10 h', '2026-02-13T00:00', 10 * 0.8, '2026-02-13 08:00'],
    ['P37 F17 colour sample 24 h after confirmation', '2026-02-13T10:00', 24, '2026-02-14 10:00'],
    ['P40 F18 hand-over 12 h', '2026-02-13T10:00', 12, '2026-02-13 22:00'],
    ['P40 F18 approval 48 h', '2026-02-13T10:00', 48, '2026-02-15 10:00'],
  ])('%s, around the clock', (_name, from, hours, due) => {
    expect(shown(addOpenTime(always, at(from), hours * HOUR))).toBe(due);
  });

  it('F5: counts a repeat within 4 h, including exactly 4 h 00 min', () => {
    const used = (to: string): number => openTimeBetween(always, at('2026-02-13T10:00'), at(to)) / HOUR;
    expect(used('2026-02-13T13:59')).toBeLessThanOrEqual(4);
    expect(used('2026-02-13T14:00')).toBeLessThanOrEqual(4);
    expect(used('2026-02-13T14:01')).toBeGreaterThan(4);
  });

  it('F14: burns an eight-hour repair in service days of twelve hours', () => {
    const span = ['08:00-20:00'];
    const service = compileCalendar({
      key: 's',
      zone: ZONE,
      hours: { mon: span, tue: span, wed: span, thu: span, fri: span, sat: span, sun: span },
    });
    expect(shown(addOpenTime(service, at('2026-02-13T18:00'), 8 * HOUR))).toBe('2026-02-14 14:00');
  });

  it('P36 F16 T3: half a working day from 16:00 with hours 9-12 and 13-18 is due 11:00 on the next working day', () => {
    const half = (from: string): string => shown(addOpenTime(cn, at(from), workingDayLength(cn, at(from)) / 2));
    expect(workingDayLength(cn, at('2026-03-03T16:00'))).toBe(8 * HOUR);
    expect(half('2026-03-03T16:00')).toBe('2026-03-04 11:00');
    expect(half('2026-02-13T16:00')).toBe('2026-02-14 11:00');
    expect(half('2026-02-14T16:00')).toBe('2026-02-24 11:00');
    expect(half('2026-02-15T16:00')).toBe('2026-02-24 14:00');
    expect(half('2026-03-03T09:00')).toBe('2026-03-03 14:00');
  });

  it('uses the length of the day itself when the day is shorter', () => {
    const calendar = compileCalendar({ key: 'c', zone: ZONE, hours: { mon: day, sat: ['09:00-12:00'] } });
    expect(workingDayLength(calendar, at('2026-03-07T10:00'))).toBe(3 * HOUR);
    expect(workingDayLength(calendar, at('2026-03-06T10:00'))).toBe(3 * HOUR);
    expect(workingDayLength(calendar, at('2026-03-08T10:00'))).toBe(8 * HOUR);
    expect(workingDayLength(always, at('2026-03-08T10:00'))).toBe(24 * HOUR);
  });
});

describe('calendar units', () => {
  it('P03 F6: is due for the reply after 1 calendar day and for the closing after 3', () => {
    expect(shown(addCalendarDays(ZONE, at('2026-02-13T10:00'), 1))).toBe('2026-02-14 10:00');
    expect(shown(addCalendarDays(ZONE, at('2026-02-13T10:00'), 3))).toBe('2026-02-16 10:00');
  });

  it('P41 F19: is due one month after a complaint that stays unsolved', () => {
    expect(shown(addCalendarMonths(ZONE, at('2026-02-13T10:00'), 1))).toBe('2026-03-13 10:00');
    expect(shown(addCalendarMonths(ZONE, at('2026-01-31T10:00'), 1))).toBe('2026-02-28 10:00');
  });
});
