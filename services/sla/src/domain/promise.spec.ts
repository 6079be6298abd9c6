import { describe, expect, it } from '@jest/globals';
import { compileCalendar } from '@gongdan/business-time';
import { iso, ms, plusMs } from '@gongdan/kernel';
import { burning, type Counting, dueAfterPause, dueOf, type Kind, kindOf, leftAt, type Limit, pointsOf, type Run } from './promise.js';

const H = 3_600_000;
/** Monday, 09:00 in Shanghai. */
const MONDAY = '2026-03-02T01:00:00.000Z';
const always = compileCalendar({ key: 'always', zone: 'Asia/Shanghai', hours: 'always' });
const week = {
  mon: ['09:00-12:00', '13:00-18:00'],
  tue: ['09:00-12:00', '13:00-18:00'],
  wed: ['09:00-12:00', '13:00-18:00'],
  thu: ['09:00-12:00', '13:00-18:00'],
  fri: ['09:00-12:00', '13:00-18:00'],
};
const office = compileCalendar({ key: 'office', zone: 'Asia/Shanghai', hours: week, holidays: ['CN'] });
const hours = (calendar = office): Counting => ({ kind: 'hours', calendar });
const local = (text: string): string => iso(ms(`${text}:00.000+08:00`));
const run = (c: Counting, sinceAt: string, dueAt: string, more: Partial<Run> = {}): Run => ({
  sinceAt,
  dueAt,
  whole: burning(c, sinceAt, dueAt),
  warned: [],
  breachedAt: undefined,
  ...more,
});
const eighty = { warnings: [{ key: 'eighty', ratio: 0.8 }] };

describe('dueOf', () => {
  const table: [string, Limit, Kind, string, string][] = [
    ['minutes of open time', { minutes: 90 }, 'hours', '2026-03-02T09:00', '2026-03-02T10:30'],
    ['open hours over lunch', { hours: 4 }, 'hours', '2026-03-02T09:00', '2026-03-02T14:00'],
    ['open hours over the weekend', { hours: 4 }, 'hours', '2026-03-06T16:00', '2026-03-09T11:00'],
    ['open hours used up at closing time', { hours: 8 }, 'hours', '2026-03-02T09:00', '2026-03-02T18:00'],
    ['3 working days', { workingDays: 3 }, 'working-days', '2026-03-02T23:00', '2026-03-06T00:00'],
    ['1 working day over a weekend', { workingDays: 1 }, 'working-days', '2026-03-06T10:00', '2026-03-10T00:00'],
    // 4 to 6 April 2026 is the Qingming holiday.
    ['1 working day over a holiday', { workingDays: 1 }, 'working-days', '2026-04-03T10:00', '2026-04-08T00:00'],
    ['3 days', { days: 3 }, 'calendar-days', '2026-03-02T09:00', '2026-03-05T09:00'],
    ['1 month from the 31st', { months: 1 }, 'calendar-months', '2026-01-31T09:00', '2026-02-28T09:00'],
    ['the due instant that came with the ticket', { ticket: 'history.dueAt' }, 'fixed', '2026-03-02T09:00', '2026-02-01T00:00'],
  ];
  it.each(table)('computes %s', (_, limit, kind, from, due) => {
    expect(kindOf(limit)).toBe(kind);
    expect(dueOf(limit, office, local(from), local('2026-02-01T00:00'))).toBe(local(due));
  });

  it('returns undefined when no due instant came with the ticket', () => {
    expect(dueOf({ ticket: 'history.dueAt' }, office, MONDAY, undefined)).toBeUndefined();
  });

  // P05: same day, 1, 3, 4 working days. A pack has no limit of 0 days: "same day" is the rest of the day.
  it.each([
    [1, '2026-03-04T00:00'],
    [3, '2026-03-06T00:00'],
    [4, '2026-03-07T00:00'],
  ])('P05: counts %i working days from Monday evening', (workingDays, due) => {
    expect(dueOf({ workingDays }, office, local('2026-03-02T20:00'), undefined)).toBe(local(due));
  });

  // P06: transfer and feedback run side by side around the clock, also on weekends.
  it.each([
    ['urgent', 1, 4],
    ['important', 2, 14],
    ['minor', 3, 30],
    ['ordinary', 60, 144],
  ])('P06: a %s ticket is transferred in %i h and answered in %i h, day and night', (_, transfer, feedback) => {
    const friday = local('2026-03-06T23:30');
    expect([transfer, feedback].map((h) => dueOf({ hours: h }, always, friday, undefined))).toEqual([
      plusMs(friday, transfer * H),
      plusMs(friday, feedback * H),
    ]);
  });
});

describe('leftAt and dueAfterPause', () => {
  const table: [string, Kind, string, string, number, string, string][] = [
    ['open hours', 'hours', '2026-03-02T11:00', '2026-03-02T14:00', 2 * H, '2026-03-03T09:00', '2026-03-03T11:00'],
    ['open hours, resumed at night', 'hours', '2026-03-02T11:00', '2026-03-02T14:00', 2 * H, '2026-03-06T22:00', '2026-03-09T11:00'],
    ['working days', 'working-days', '2026-03-03T15:00', '2026-03-06T00:00', 2, '2026-03-06T09:00', '2026-03-11T00:00'],
    ['the last working day', 'working-days', '2026-03-05T15:00', '2026-03-06T00:00', 0, '2026-03-09T09:00', '2026-03-10T00:00'],
    // 1 to 7 October 2026 are the National Day holidays; the clock was due at the end of 30 September.
    [
      'the last working day, resumed on a holiday',
      'working-days',
      '2026-09-30T15:00',
      '2026-10-01T00:00',
      0,
      '2026-10-03T10:00',
      '2026-10-09T00:00',
    ],
    ['calendar days', 'calendar-days', '2026-03-03T09:00', '2026-03-05T09:00', 48 * H, '2026-03-10T12:00', '2026-03-12T12:00'],
    ['calendar months', 'calendar-months', '2026-03-03T09:00', '2026-03-05T09:00', 48 * H, '2026-03-10T12:00', '2026-03-12T12:00'],
    [
      'a fixed due instant, which does not move',
      'fixed',
      '2026-03-03T09:00',
      '2026-03-05T09:00',
      48 * H,
      '2026-03-10T12:00',
      '2026-03-05T09:00',
    ],
  ];
  it.each(table)('a pause keeps the rest of %s', (_, kind, paused, due, left, resumed, dueAgain) => {
    const c = { kind, calendar: office };
    expect(leftAt(c, local(paused), local(due))).toBe(left);
    expect(dueAfterPause(c, left, local(resumed), local(due), false)).toBe(local(dueAgain));
  });

  it('a pause keeps nothing after the due instant, which then does not move', () => {
    expect(leftAt(hours(), local('2026-03-02T15:00'), local('2026-03-02T14:00'))).toBe(0);
    expect(dueAfterPause(hours(), 0, local('2026-03-05T09:00'), local('2026-03-02T14:00'), true)).toBe(local('2026-03-02T14:00'));
  });
});

describe('pointsOf', () => {
  it('P36: warns when 80 % of the limit has burnt on the calendar', () => {
    // 20 open hours from Monday 09:00 end on Wednesday 13:00 + 1 h; 16 of them on Tuesday at closing time.
    const due = dueOf({ hours: 20 }, office, MONDAY, undefined) ?? '';
    expect(pointsOf(eighty, hours(), run(hours(), MONDAY, due))).toEqual([
      { key: 'eighty', at: local('2026-03-03T18:00') },
      { key: 'due', at: local('2026-03-04T14:00') },
    ]);
  });

  it.each([
    ['calendar-days', 96, 76.8],
    ['calendar-months', 100, 80],
    ['fixed', 10, 8],
  ] as [Kind, number, number][])('P36: counts 80 %% of %s in plain time', (kind, due, warn) => {
    const c = { kind, calendar: office };
    expect(pointsOf(eighty, c, run(c, MONDAY, plusMs(MONDAY, due * H)))[0]).toEqual({ key: 'eighty', at: plusMs(MONDAY, warn * H) });
  });

  it('warns a given open time before the due instant', () => {
    const spec = {
      warnings: [
        { key: 'half-day', before: { hours: 4 } },
        { key: 'quarter', before: { minutes: 15 } },
      ],
    };
    expect(pointsOf(spec, hours(), run(hours(), MONDAY, local('2026-03-03T11:00'))).map((p) => p.at)).toEqual([
      local('2026-03-02T16:00'),
      local('2026-03-03T10:45'),
      local('2026-03-03T11:00'),
    ]);
  });

  it.each<[limit: Kind, due: string, warns: string]>([
    ['calendar-days', '2026-03-17T09:00', '2026-03-14T09:00'],
    ['working-days', '2026-03-10T00:00', '2026-03-07T00:00'],
    ['hours', '2026-03-12T11:00', '2026-03-09T11:00'],
    ['fixed', '2026-03-12T00:00', '2026-03-09T00:00'],
  ])('warns so many days before the end of %s, at the same time of day', (kind, due, warns) => {
    const c = { kind, calendar: office };
    const spec = { warnings: [{ key: 'three', before: { days: 3 } }] };
    expect(pointsOf(spec, c, run(c, MONDAY, local(due)))[0]).toEqual({ key: 'three', at: local(warns) });
  });

  it('warns at the start when fewer days are left than the warning names', () => {
    const c = { kind: 'calendar-days' as const, calendar: office };
    const spec = { warnings: [{ key: 'week', before: { days: 7 } }] };
    expect(pointsOf(spec, c, run(c, MONDAY, plusMs(MONDAY, 48 * H)))[0]).toEqual({ key: 'week', at: MONDAY });
  });

  it('warns at the start when the limit is shorter than the time of the warning', () => {
    expect(
      pointsOf({ warnings: [{ key: 'w', before: { hours: 4 } }] }, hours(always), run(hours(always), MONDAY, plusMs(MONDAY, H)))[0],
    ).toEqual({ key: 'w', at: MONDAY });
  });

  // 10 h around the clock; paused after `burnt` hours, resumed at hour 100.
  it.each([
    ['before its warning: when 80 % of the whole limit has burnt, and not of the rest', 5, [], ['eighty 103', 'due 105']],
    ['after a published warning: not again', 9, ['eighty'], ['due 101']],
    ['after a warning that was missed: at once', 9, [], ['eighty 100', 'due 101']],
  ])('warns a clock that resumed %s', (_, burnt, warned, expected) => {
    const c = hours(always);
    const points = pointsOf(eighty, c, run(c, plusMs(MONDAY, 100 * H), plusMs(MONDAY, (110 - burnt) * H), { whole: 10 * H, warned }));
    expect(points.map((p) => `${p.key} ${(ms(p.at) - ms(MONDAY)) / H}`)).toEqual(expected);
  });

  it('returns no points once the promise is broken', () => {
    expect(pointsOf(eighty, hours(), run(hours(), MONDAY, local('2026-03-02T14:00'), { breachedAt: local('2026-03-02T14:00') }))).toEqual(
      [],
    );
  });

  it.each([
    ['over: the breach alone', 11, ['due']],
    ['past its warning: the breach alone', 9, ['due']],
    ['before its warning: both points', 7, ['eighty', 'due']],
  ])('returns for an imported promise that is received when it is %s', (_, seen, keys) => {
    const c: Counting = { kind: 'fixed', calendar: always };
    expect(
      pointsOf(eighty, c, run(c, MONDAY, plusMs(MONDAY, 10 * H)), { seenAt: plusMs(MONDAY, seen * H), endsAt: undefined }).map(
        (p) => p.key,
      ),
    ).toEqual(keys);
  });

  it('returns the breach alone for an imported promise that was due before its registration', () => {
    const c: Counting = { kind: 'fixed', calendar: always };
    expect(pointsOf(eighty, c, run(c, MONDAY, plusMs(MONDAY, -H)), { seenAt: MONDAY, endsAt: undefined })).toEqual([
      { key: 'due', at: plusMs(MONDAY, -H) },
    ]);
  });

  it.each([
    ['at its start', 0, []],
    ['before it is due', 9, []],
    ['at the due instant', 10, []],
    ['too late', 10.001, ['due']],
    ['before this generation, because the ticket was reopened', -1, ['due']],
  ])('returns the points of an imported promise that ended %s', (_, ended, keys) => {
    const c: Counting = { kind: 'fixed', calendar: always };
    const history = { seenAt: plusMs(MONDAY, 100 * H), endsAt: plusMs(MONDAY, ended * H) };
    expect(pointsOf(eighty, c, run(c, MONDAY, plusMs(MONDAY, 10 * H)), history).map((p) => p.key)).toEqual(keys);
  });
});
