import { describe, expect, it } from '@jest/globals';
import {
  CalendarError,
  type CalendarDefinition,
  compileCalendar,
  holidayCoverage,
  holidaySetOf,
  isOpen,
  isWorkingDay,
  nextOpen,
  openTimeBetween,
  shippedHolidays,
} from './index.js';

const week = ['09:00-12:00', '13:00-18:00'];
const office: CalendarDefinition = {
  key: 'office',
  zone: 'Asia/Shanghai',
  hours: { mon: week, tue: week, wed: week, thu: week, fri: week },
  holidays: ['CN'],
};
const at = (text: string): number => Date.parse(`${text}+08:00`);
/** Open hours of a date in Shanghai. */
const hoursOf = (spec: CalendarDefinition, date: string): number =>
  openTimeBetween(compileCalendar(spec), at(`${date}T00:00`), at(`${date}T00:00`) + 86_400_000) / 3_600_000;

function mistake(change: object): string {
  try {
    compileCalendar({ ...office, ...change });
  } catch (error) {
    if (error instanceof CalendarError) return error.message;
    throw error;
  }
  return 'no mistake';
}

describe('compileCalendar', () => {
  it.each<[string, object, string]>([
    ['a missing key', { key: '' }, 'key: is missing'],
    ['an unknown zone', { zone: 'Asia/Atlantis' }, "zone: 'Asia/Atlantis' is not an IANA time zone"],
    ['an offset for a zone', { zone: '+08:00' }, "zone: '+08:00' is not an IANA time zone"],
    ['a missing zone', { zone: undefined }, "zone: 'undefined' is not an IANA time zone"],
    ['hours of an unknown kind', { hours: 'never' }, "hours: is neither 'always' nor spans by weekday"],
    ['a list as hours', { hours: [] }, "hours: is neither 'always' nor spans by weekday"],
    ['an unknown weekday', { hours: { monday: week } }, 'hours.monday: is not a weekday; weekdays are sun, mon, tue, wed, thu, fri, sat'],
    ['a malformed span', { hours: { mon: ['9:00-12:00'] } }, "hours.mon[0]: '9:00-12:00' is not a span such as 09:00-12:00"],
    ['an impossible hour', { hours: { mon: ['09:00-25:00'] } }, "hours.mon[0]: '09:00-25:00' is not a span such as 09:00-12:00"],
    ['an impossible minute', { hours: { mon: ['09:60-12:00'] } }, "hours.mon[0]: '09:60-12:00' is not a span such as 09:00-12:00"],
    ['24:00 as a start', { hours: { mon: ['24:00-24:00'] } }, "hours.mon[0]: '24:00-24:00' is not a span such as 09:00-12:00"],
    ['24:01 as an end', { hours: { mon: ['23:00-24:01'] } }, "hours.mon[0]: '23:00-24:01' is not a span such as 09:00-12:00"],
    ['a number as a span', { hours: { mon: [9] } }, "hours.mon[0]: '9' is not a span such as 09:00-12:00"],
    ['a span without a list', { hours: { mon: '09:00-12:00' } }, 'hours.mon: is not a list of spans such as 09:00-12:00'],
    [
      'an empty span',
      { hours: { mon: ['09:00-09:00'] } },
      "hours.mon[0]: '09:00-09:00' ends before it begins; a night shift is two spans, 22:00-24:00 and 00:00-06:00 of the next day",
    ],
    [
      'a night shift in one span',
      { hours: { mon: week, tue: ['22:00-06:00'] } },
      "hours.tue[0]: '22:00-06:00' ends before it begins; a night shift is two spans, 22:00-24:00 and 00:00-06:00 of the next day",
    ],
    ['overlapping spans', { hours: { mon: ['09:00-12:00', '11:59-18:00'] } }, 'hours.mon: spans overlap'],
    ['overlapping spans out of order', { hours: { mon: ['13:00-18:00', '09:00-13:30'] } }, 'hours.mon: spans overlap'],
    ['no working time at all', { hours: {} }, 'hours: no working time on any day of the week'],
    ['only empty days', { hours: { mon: [] } }, 'hours: no working time on any day of the week'],
    ['an unknown holiday set', { holidays: ['CN', 'XX'] }, "holidays[1]: no holiday set 'XX'"],
    ['a holiday set from the prototype', { holidays: ['__proto__'] }, "holidays[0]: no holiday set '__proto__'"],
    ['bad make-up hours', { makeUpDayHours: ['09:00'] }, "makeUpDayHours[0]: '09:00' is not a span such as 09:00-12:00"],
    [
      'make-up days without hours',
      { hours: { sat: week } },
      'makeUpDayHours: is required: make-up days have the hours of Monday, and Monday is closed',
    ],
    ['a date that does not exist', { exceptions: { '2026-02-30': 'off' } }, 'exceptions.2026-02-30: is not a date YYYY-MM-DD'],
    ['a date in another format', { exceptions: { '2026-2-3': 'off' } }, 'exceptions.2026-2-3: is not a date YYYY-MM-DD'],
    [
      'an exception of an unknown kind',
      { exceptions: { '2026-02-03': 'closed' } },
      "exceptions.2026-02-03: is neither 'off', 'work' nor spans",
    ],
    [
      'bad exception hours',
      { exceptions: { '2026-02-03': ['10:00-09:00'] } },
      "exceptions.2026-02-03[0]: '10:00-09:00' ends before it begins; a night shift is two spans, 22:00-24:00 and 00:00-06:00 of the next day",
    ],
  ])('refuses a calendar with %s', (_name, change, message) => {
    expect(mistake(change)).toBe(message);
  });

  it('accepts spans in any order, touching spans, and 24:00 as an end', () => {
    const spec: CalendarDefinition = { ...office, hours: { mon: ['18:00-24:00', '00:00-06:00', '06:00-12:00'] } };
    expect(hoursOf(spec, '2026-03-02')).toBe(18);
  });

  it('prefers the exception to the holiday, and the holiday to the weekday', () => {
    const spec: CalendarDefinition = {
      ...office,
      makeUpDayHours: ['09:00-12:00'],
      exceptions: { '2026-02-16': 'work', '2026-02-14': 'off', '2026-02-17': ['10:00-11:30'], '2026-03-07': 'work', '2026-03-03': [] },
    };
    expect(hoursOf(spec, '2026-03-02')).toBe(8);
    expect(hoursOf(spec, '2026-03-01')).toBe(0);
    expect(hoursOf(spec, '2026-02-18')).toBe(0);
    expect(hoursOf(spec, '2026-02-28')).toBe(3);
    expect(hoursOf(spec, '2026-02-16')).toBe(3);
    expect(hoursOf(spec, '2026-02-14')).toBe(0);
    expect(hoursOf(spec, '2026-02-17')).toBe(1.5);
    expect(hoursOf(spec, '2026-03-07')).toBe(3);
    expect(hoursOf(spec, '2026-03-03')).toBe(0);
  });

  it('gives a make-up day the hours of Monday unless the calendar has make-up hours', () => {
    expect(hoursOf(office, '2026-02-28')).toBe(8);
    expect(hoursOf({ ...office, makeUpDayHours: ['10:00-12:00'] }, '2026-02-28')).toBe(2);
  });

  it('closes a calendar of 24×7 on its holidays', () => {
    const spec: CalendarDefinition = { key: 'a', zone: 'Asia/Shanghai', hours: 'always', holidays: ['CN'] };
    expect(hoursOf(spec, '2026-02-14')).toBe(24);
    expect(hoursOf(spec, '2026-02-15')).toBe(0);
    expect(nextOpen(compileCalendar(spec), at('2026-02-15T00:00'))).toBe(at('2026-02-24T00:00'));
  });

  it('lets the first of two holiday sets decide a date that both contain', () => {
    const sets = { ...shippedHolidays, FIRM: holidaySetOf([{ year: 2026, off: ['2026-02-14'], work: ['2026-02-16'] }]) };
    const first = compileCalendar({ ...office, holidays: ['FIRM', 'CN'] }, sets);
    expect([isWorkingDay(first, '2026-02-14'), isWorkingDay(first, '2026-02-16'), isWorkingDay(first, '2026-02-17')]).toEqual([
      false,
      true,
      false,
    ]);
    const second = compileCalendar({ ...office, holidays: ['CN', 'FIRM'] }, sets);
    expect([isWorkingDay(second, '2026-02-14'), isWorkingDay(second, '2026-02-16')]).toEqual([true, false]);
  });

  it('a calendar is open from the first millisecond of a span and closed at its end', () => {
    const calendar = compileCalendar(office);
    const times = [
      '08:59:59.999',
      '09:00:00.000',
      '11:59:59.999',
      '12:00:00.000',
      '12:59:59.999',
      '13:00:00.000',
      '17:59:59.999',
      '18:00:00.000',
    ];
    expect(times.map((t) => isOpen(calendar, at(`2026-03-02T${t}`)))).toEqual([false, true, true, false, false, true, true, false]);
  });
});

describe('the holidays of China', () => {
  const cn = compileCalendar(office);
  const { days } = shippedHolidays['CN'] ?? holidaySetOf([]);
  const count = (year: number, kind: string): number => [...days].filter(([date, k]) => date.startsWith(String(year)) && k === kind).length;

  it('the holidays of China have as many days off and make-up days as the notices', () => {
    expect([2022, 2023, 2024, 2025, 2026, 2027].map((y) => [count(y, 'off'), count(y, 'work')])).toEqual([
      [1, 0],
      [26, 7],
      [28, 8],
      [28, 5],
      [33, 6],
      [0, 0],
    ]);
  });

  it('the holidays of China have make-up days on weekends only', () => {
    const weekdays = [...days].filter(([, kind]) => kind === 'work').map(([date]) => new Date(`${date}T00:00:00Z`).getUTCDay());
    expect(weekdays.every((d) => d === 0 || d === 6)).toBe(true);
  });

  it('the holidays of China contain the dates of the catalogue of processes', () => {
    const work = ['2026-02-13', '2026-02-14', '2026-02-24', '2026-02-28', '2026-10-10', '2026-10-08'];
    const off = ['2026-02-15', '2026-02-23', '2026-03-01', '2026-10-01', '2026-10-07', '2026-10-11', '2022-12-31'];
    expect(work.map((d) => isWorkingDay(cn, d))).toEqual(work.map(() => true));
    expect(off.map((d) => isWorkingDay(cn, d))).toEqual(off.map(() => false));
  });

  it('the holidays of China cover a year only after its notice', () => {
    expect([2022, 2023, 2026, 2027].map((y) => holidayCoverage(cn, y))).toEqual([false, true, true, false]);
    expect(holidayCoverage(compileCalendar({ key: 'a', zone: 'UTC', hours: 'always' }), 2027)).toBe(true);
  });

  it('refuses a text that is no date', () => {
    expect(() => isWorkingDay(cn, '2026-02-30')).toThrow(RangeError);
    expect(() => isWorkingDay(cn, 'tomorrow')).toThrow(RangeError);
  });
});

describe('holidaySetOf', () => {
  it('lets the notice of the next year change this December, in whatever order the notices are given', () => {
    const next = { year: 2027, off: ['2026-12-31..2027-01-02'], work: ['2026-12-27'] };
    const now = { year: 2026, off: ['2026-12-27'], work: [] };
    const expected = new Map([
      ['2026-12-27', 'work'],
      ['2026-12-31', 'off'],
      ['2027-01-01', 'off'],
      ['2027-01-02', 'off'],
    ]);
    expect(holidaySetOf([next, now]).days).toEqual(expected);
    expect(holidaySetOf([next, now]).years).toEqual(new Set([2026, 2027]));
  });

  it('refuses impossible dates and days that are both off and worked', () => {
    expect(() => holidaySetOf([{ year: 2026, off: ['2026-02-30'], work: [] }])).toThrow("'2026-02-30' is not a date");
    expect(() => holidaySetOf([{ year: 2026, off: ['2026-02-03..2026-02-01'], work: [] }])).toThrow('ends before it begins');
    expect(() => holidaySetOf([{ year: 2026, off: ['2026-02-01..2026-02-03'], work: ['2026-02-02'] }])).toThrow('both off and worked');
  });
});
