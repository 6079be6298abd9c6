import { describe, expect, it, jest } from '@jest/globals';
import {
  addOpenTime,
  compileCalendar,
  endOfWorkingDay,
  holidaySetOf,
  localDate,
  nextOpen,
  openTimeBetween,
  workingDaysBetween,
} from './index.js';

const HOUR = 3_600_000;
const day = ['09:00-12:00', '13:00-18:00'];
const five = { mon: day, tue: day, wed: day, thu: day, fri: day };
const office = compileCalendar({ key: 'office', zone: 'Asia/Shanghai', hours: five, holidays: ['CN'] });
const at = (text: string): number => Date.parse(text);
const sh = (text: string): number => Date.parse(`${text}+08:00`);
const iso = (ms: number): string => new Date(ms).toISOString();
const shown = (ms: number): string => new Date(ms + 8 * HOUR).toISOString().slice(0, 16).replace('T', ' ');

describe('addOpenTime', () => {
  it.each<[string, string, number, string]>([
    ['within one span', '2026-03-03T09:00', 2, '2026-03-03 11:00'],
    ['over lunch, which is no holiday', '2026-03-03T11:00', 2, '2026-03-03 14:00'],
    ['used up at closing time: due then, not in the morning', '2026-03-03T16:00', 2, '2026-03-03 18:00'],
    ['used up as lunch begins', '2026-03-03T09:00', 3, '2026-03-03 12:00'],
    ['over the night', '2026-03-03T16:00', 3, '2026-03-04 10:00'],
    ['over a weekend', '2026-03-06T17:00', 2, '2026-03-09 10:00'],
    ['from before opening', '2026-03-03T03:00', 1, '2026-03-03 10:00'],
    ['from lunch', '2026-03-03T12:30', 1, '2026-03-03 14:00'],
    ['from after closing', '2026-03-03T20:00', 1, '2026-03-04 10:00'],
    ['from a day off', '2026-02-16T12:00', 1, '2026-02-24 10:00'],
    ['through a make-up Saturday', '2026-02-13T17:00', 9, '2026-02-14 18:00'],
    ['over the Spring Festival', '2026-02-13T17:00', 10, '2026-02-24 10:00'],
    ['two full weeks', '2026-03-02T09:00', 80, '2026-03-13 18:00'],
    ['over New Year', '2025-12-31T17:00', 2, '2026-01-04 10:00'],
    ['over 29 February', '2024-02-28T17:00', 9.5, '2024-03-01 09:30'],
    ['a year of 248 working days', '2025-01-01T00:00', 248 * 8, '2025-12-31 18:00'],
  ])('%s', (_name, from, hours, due) => {
    expect(shown(addOpenTime(office, sh(from), hours * HOUR))).toBe(due);
  });

  it('makes a limit of zero due at once, even while the calendar is closed', () => {
    const closed = sh('2026-02-16T12:00');
    expect(addOpenTime(office, closed, 0)).toBe(closed);
  });

  it('counts single milliseconds and rounds their fractions', () => {
    expect(addOpenTime(office, sh('2026-03-03T17:59:59.999'), 1)).toBe(sh('2026-03-03T18:00'));
    expect(addOpenTime(office, sh('2026-03-03T17:59:59.999'), 2)).toBe(sh('2026-03-04T09:00:00.001'));
    expect(addOpenTime(office, sh('2026-03-03T09:00'), 0.1 * 3 * HOUR)).toBe(sh('2026-03-03T09:18'));
  });

  it('refuses negative, infinite and missing amounts', () => {
    for (const ms of [-1, NaN, Infinity]) expect(() => addOpenTime(office, 0, ms)).toThrow(RangeError);
    for (const from of [NaN, Infinity, 9e15]) expect(() => addOpenTime(office, from, 1)).toThrow(RangeError);
  });

  it('counts decades exactly and throws after a century', () => {
    const plain = compileCalendar({ key: 'plain', zone: 'Asia/Shanghai', hours: five });
    // 50 years hold 18,263 days from a Monday: 2,609 weeks of 40 h.
    expect(shown(addOpenTime(plain, sh('2001-01-01T00:00'), 2_609 * 40 * HOUR))).toBe('2050-12-30 18:00');
    expect(openTimeBetween(plain, sh('2001-01-01T00:00'), sh('2051-01-02T00:00')) / HOUR).toBe(2_609 * 40);
    expect(() => addOpenTime(plain, 0, 1e13)).toThrow('does not count more than a century');
    expect(() => openTimeBetween(plain, at('1800-01-01T00:00:00Z'), 0)).toThrow('does not count more than a century');
  });

  it('throws for a calendar that its exceptions have closed for good', () => {
    const closed = holidaySetOf([{ year: 2026, off: ['2026-01-01..2199-12-31'], work: [] }]);
    const calendar = compileCalendar({ key: 'shut', zone: 'UTC', hours: five, holidays: ['SHUT'] }, { SHUT: closed });
    const now = at('2026-03-03T09:00:00Z');
    expect(() => addOpenTime(calendar, now, 1)).toThrow('calendar shut does not count more than a century from 2026-');
    expect(() => nextOpen(calendar, now)).toThrow(RangeError);
    expect(() => endOfWorkingDay(calendar, now, 1)).toThrow(RangeError);
    expect(iso(endOfWorkingDay(calendar, now, 0))).toBe('2026-03-04T00:00:00.000Z');
  });

  it('does not call Intl for pages it has computed', () => {
    addOpenTime(office, sh('2026-03-02T09:00'), 100 * HOUR);
    const asked = jest.spyOn(Intl.DateTimeFormat.prototype, 'formatToParts');
    for (let i = 0; i < 10_000; i += 1) addOpenTime(office, sh('2026-03-02T09:00') + i * 1_000, 40 * HOUR);
    expect(asked).not.toHaveBeenCalled();
    asked.mockRestore();
  });
});

describe('when the clocks change', () => {
  const whole = ['00:00-24:00'];
  const of = (zone: string, spans: string[]) =>
    compileCalendar({ key: 'd', zone, hours: { mon: spans, tue: spans, wed: spans, thu: spans, fri: spans, sat: spans, sun: spans } });
  const openOn = (zone: string, spans: string[], date: string): number => {
    const noon = at(`${date}T12:00:00Z`);
    const [start, end] = [endOfWorkingDay(of(zone, spans), noon - 24 * HOUR, 0), endOfWorkingDay(of(zone, spans), noon, 0)];
    return openTimeBetween(of(zone, spans), start, end) / HOUR;
  };

  it.each<[string, string, string[], string, number]>([
    ['a whole spring day', 'Europe/Berlin', whole, '2026-03-29', 23],
    ['a whole autumn day', 'Europe/Berlin', whole, '2026-10-25', 25],
    ['a whole spring day', 'America/New_York', whole, '2026-03-08', 23],
    ['a whole autumn day', 'America/New_York', whole, '2026-11-01', 25],
    ['office hours of a spring day', 'Europe/Berlin', ['09:00-12:00'], '2026-03-29', 3],
    ['a span in the gap', 'Europe/Berlin', ['02:00-03:00'], '2026-03-29', 0],
    ['a span that ends in the gap', 'Europe/Berlin', ['01:30-02:30'], '2026-03-29', 0.5],
    ['a span that begins in the gap', 'Europe/Berlin', ['02:30-04:00'], '2026-03-29', 1],
    ['spans around the gap, none counted twice', 'Europe/Berlin', ['01:30-02:30', '02:45-04:00'], '2026-03-29', 1.5],
    ['a span over the hour shown twice', 'Europe/Berlin', ['01:00-04:00'], '2026-10-25', 4],
    ['the hour shown twice', 'Europe/Berlin', ['02:00-03:00'], '2026-10-25', 2],
    ['the first half of it: first showing only', 'Europe/Berlin', ['02:00-02:30'], '2026-10-25', 0.5],
    ['the second half of it: up to its last showing', 'Europe/Berlin', ['02:30-03:00'], '2026-10-25', 1.5],
    ['both halves', 'Europe/Berlin', ['02:00-02:30', '02:30-03:00'], '2026-10-25', 2],
    ['a night shift in New York', 'America/New_York', ['00:00-06:00', '22:00-24:00'], '2026-03-08', 7],
    ['a day that begins at 01:00', 'America/Sao_Paulo', whole, '2018-11-04', 23],
    ['half an hour', 'Australia/Lord_Howe', whole, '2026-10-04', 23.5],
  ])('keeps the real length of a span: %s in %s, %j', (_name, zone, spans, date, hours) => {
    expect(openOn(zone, spans, date)).toBe(hours);
  });

  it('the calendar has an empty date where Samoa skipped one', () => {
    const samoa = of('Pacific/Apia', ['09:00-17:00']);
    const thursday = at('2011-12-29T12:00:00-10:00');
    expect(iso(addOpenTime(samoa, thursday, 6 * HOUR))).toBe('2011-12-30T20:00:00.000Z');
    expect(localDate('Pacific/Apia', endOfWorkingDay(samoa, thursday, 1) - 1)).toBe('2011-12-31');
    expect(workingDaysBetween(samoa, thursday, at('2012-01-01T12:00:00+14:00'))).toBe(2);
  });

  it('keeps two days apart where clocks went back over midnight', () => {
    // Newfoundland, 2006-10-29 00:01 → 2006-10-28 23:01: the repeated hour belongs to the 29th, which had begun.
    const spans = of('America/St_Johns', whole);
    const [first, change] = [at('2006-10-29T02:30:00Z'), at('2006-10-29T02:31:00Z')];
    expect(endOfWorkingDay(spans, first - 1, 0)).toBe(first);
    expect(endOfWorkingDay(spans, change + 60_000, 0)).toBe(at('2006-10-30T03:30:00Z'));
    expect(openTimeBetween(spans, first - HOUR, change + 2 * HOUR)).toBe(3 * HOUR + 60_000);
  });

  it('keeps two days apart where a page of days ends in the repeated hour', () => {
    const spans = of('America/St_Johns', whole);
    const again = at('1993-10-31T03:00:00Z');
    expect(endOfWorkingDay(spans, again, 0)).toBe(at('1993-11-01T03:30:00Z'));
    expect(addOpenTime(spans, again, 5 * HOUR)).toBe(again + 5 * HOUR);
    expect(openTimeBetween(spans, again, again + 5 * HOUR)).toBe(5 * HOUR);
  });

  it('ends the working day at the next midnight, whatever the offset is then', () => {
    const berlin = compileCalendar({ key: 'b', zone: 'Europe/Berlin', hours: five });
    expect(iso(endOfWorkingDay(berlin, at('2026-03-27T10:00:00+01:00'), 1))).toBe('2026-03-30T22:00:00.000Z');
    expect(iso(endOfWorkingDay(berlin, at('2026-03-28T10:00:00+01:00'), 0))).toBe('2026-03-28T23:00:00.000Z');
    expect(iso(endOfWorkingDay(berlin, at('2026-03-29T10:00:00+02:00'), 0))).toBe('2026-03-29T22:00:00.000Z');
  });
});
