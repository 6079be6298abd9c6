import { compileCalendar } from '@gongdan/business-time';
import { describe, expect, it } from '@jest/globals';
import { nextOccurrences, type PlanSetting } from './occurrences.js';
import { type Plan } from './plan.js';

const names = { 'zh-CN': '巡查', en: 'Round' };
const aPlan = (more: Partial<Plan>): Plan => ({
  key: 'round',
  names,
  every: 'day',
  at: '08:00',
  ticket: { type: 'check', category: 'round', title: 'Round' },
  ...more,
});
const UTC: PlanSetting = { zone: 'UTC' };
const SHANGHAI: PlanSetting = {
  zone: 'Asia/Shanghai',
  calendar: compileCalendar({
    key: 'office',
    zone: 'Asia/Shanghai',
    hours: { mon: ['09:00-17:00'], tue: ['09:00-17:00'], wed: ['09:00-17:00'], thu: ['09:00-17:00'], fri: ['09:00-17:00'] },
    holidays: ['CN'],
  }),
};

/** The next occurrences, in local time without seconds. */
function next(plan: Partial<Plan>, after: string, count: number, setting = UTC): string[] {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: setting.zone, dateStyle: 'short', timeStyle: 'short' });
  return nextOccurrences(aPlan(plan), setting, Date.parse(after), count).map((at) => format.format(at));
}

describe('the occurrences of a plan', () => {
  it.each<[string, Partial<Plan>, string[]]>([
    ['every day', {}, ['2026-03-02 08:00', '2026-03-03 08:00', '2026-03-04 08:00']],
    ['several times a day, in order', { at: ['20:00', '08:00'] }, ['2026-03-02 08:00', '2026-03-02 20:00', '2026-03-03 08:00']],
    ['weekdays', { every: 'week', on: ['thu', 'mon'] }, ['2026-03-02 08:00', '2026-03-05 08:00', '2026-03-09 08:00']],
    ['every other week, counted from the week of its first day', { every: '2 weeks', on: 'mon', from: '2026-02-25' }, ['2026-03-09 08:00', '2026-03-23 08:00', '2026-04-06 08:00']], // prettier-ignore
    ['every fifteenth day', { every: '15 days', from: '2026-02-20' }, ['2026-03-07 08:00', '2026-03-22 08:00', '2026-04-06 08:00']],
    ['days of a month', { every: 'month', on: [15, 'last'] }, ['2026-03-15 08:00', '2026-03-31 08:00', '2026-04-15 08:00']],
    ['the first and the last weekday of a month', { every: 'month', on: ['first-mon', 'last-fri'] }, ['2026-03-02 08:00', '2026-03-27 08:00', '2026-04-06 08:00']], // prettier-ignore
    ['each quarter', { every: '3 months', on: 1, from: '2026-01-01' }, ['2026-04-01 08:00', '2026-07-01 08:00', '2026-10-01 08:00']],
    ['dates of a year', { every: 'year', on: ['03-15', '09-15'] }, ['2026-03-15 08:00', '2026-09-15 08:00', '2027-03-15 08:00']],
    ['every other year', { every: '2 years', on: '03-15', from: '2025-01-01' }, ['2027-03-15 08:00', '2029-03-15 08:00', '2031-03-15 08:00']], // prettier-ignore
    ['between two dates', { from: '2026-03-04', to: '2026-03-05' }, ['2026-03-04 08:00', '2026-03-05 08:00']],
    ['without exceptions', { except: ['2026-03-03', '2026-03-05..2026-03-08'] }, ['2026-03-02 08:00', '2026-03-04 08:00', '2026-03-09 08:00']], // prettier-ignore
  ])('%s', (_, plan, expected) => {
    expect(next(plan, '2026-03-01T23:00:00Z', 3)).toEqual(expected);
  });

  it('end with the calendar, and there are none after it', () => {
    expect(next({}, '9999-12-27T12:00:00Z', 9).at(-1)).toMatch(/^9999-12-/);
    for (const zone of ['Asia/Shanghai', 'America/New_York']) expect(next({}, '9999-12-31T23:59:59Z', 9, { zone })).toEqual([]);
  });

  it('come after an instant, never at it', () => {
    expect(next({}, '2026-03-02T08:00:00Z', 1)).toEqual(['2026-03-03 08:00']);
    expect(next({}, '2026-03-02T07:59:59.999Z', 1)).toEqual(['2026-03-02 08:00']);
  });

  // 2026: the Spring Festival closes 15 to 23 February, and Saturday 14 and 28 February are working days.
  it.each<[string, Plan['workingDays'], string[]]>([
    ['left out', 'only', ['2026-02-12 08:00', '2026-02-13 08:00', '2026-02-14 08:00', '2026-02-24 08:00']],
    ['moved to the next working day, once for all of them', 'next', ['2026-02-12 08:00', '2026-02-13 08:00', '2026-02-14 08:00', '2026-02-24 08:00']], // prettier-ignore
  ])('on days off are %s', (_, workingDays, expected) => {
    expect(next({ workingDays }, '2026-02-11T12:00:00Z', 4, SHANGHAI)).toEqual(expected);
  });

  it.each<[string, Plan['workingDays'], Plan['on'], string]>([
    ['after a holiday', 'next', 16, '2026-02-24 08:00'],
    ['before a holiday', 'previous', 16, '2026-02-14 08:00'],
    ['the last working day of the month, a Saturday that is worked', 'previous', 'last', '2026-02-28 08:00'],
    ['nowhere when it is left out', 'only', 16, '2026-03-16 08:00'],
  ])('move to the working day %s', (_, workingDays, on, expected) => {
    expect(next({ every: 'month', on, workingDays }, '2026-02-11T12:00:00Z', 1, SHANGHAI)).toEqual([expected]);
  });

  describe('where clocks change (Europe/Berlin)', () => {
    const berlin: PlanSetting = { zone: 'Europe/Berlin' };
    const instants = (plan: Partial<Plan>, after: string, count: number) =>
      nextOccurrences(aPlan(plan), berlin, Date.parse(after), count).map((at) => new Date(at).toISOString());

    it('a time that the day skips moves by the length of the gap, and coincides with nothing twice', () => {
      expect(instants({ at: '02:30' }, '2026-03-28T12:00:00Z', 2)).toEqual(['2026-03-29T01:30:00.000Z', '2026-03-30T00:30:00.000Z']);
      expect(instants({ at: ['02:30', '03:30'] }, '2026-03-28T12:00:00Z', 2)).toEqual(['2026-03-29T01:30:00.000Z', '2026-03-30T00:30:00.000Z']); // prettier-ignore
    });

    it('a time after the gap keeps its occurrence when a time in the gap moves behind it', () => {
      expect(instants({ at: ['02:30', '03:15'] }, '2026-03-28T12:00:00Z', 3)).toEqual([
        '2026-03-29T01:15:00.000Z',
        '2026-03-29T01:30:00.000Z',
        '2026-03-30T00:30:00.000Z',
      ]);
      expect(instants({ at: ['02:30', '03:15'] }, '2026-03-29T01:15:00Z', 1)).toEqual(['2026-03-29T01:30:00.000Z']);
    });

    it('a time that the day has twice occurs once, at the first', () => {
      expect(instants({ at: '02:30' }, '2026-10-24T12:00:00Z', 2)).toEqual(['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z']);
      expect(instants({ at: '02:30' }, '2026-10-25T00:30:00Z', 1)).toEqual(['2026-10-26T01:30:00.000Z']);
    });

    it('keep their time of day across the change', () => {
      expect(instants({ at: '08:00' }, '2026-03-28T08:00:00Z', 2)).toEqual(['2026-03-29T06:00:00.000Z', '2026-03-30T06:00:00.000Z']);
    });
  });

  it('end for a plan that does not occur any more, without searching for ever', () => {
    expect(next({ to: '2026-03-02' }, '2026-03-02T09:00:00Z', 3)).toEqual([]);
    expect(next({ every: 'week', on: 'mon', except: ['0001-01-01..9999-12-31'] }, '2026-03-02T09:00:00Z', 1)).toEqual([]);
  });
});
