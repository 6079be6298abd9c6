import { describe, expect, it } from '@jest/globals';
import { exampleTexts, mistakesAfter } from '../check/lost-property.js';
import { readPackTexts } from './pack-texts.js';
import { datesOf, expanded, expandedDirectory } from './short-forms.js';

const names = { 'zh-CN': '班', en: 'Desk' };
const calendar = (more: object): Record<string, unknown> => ({
  key: 'desk',
  zone: 'Asia/Shanghai',
  hours: { mon: ['08:00-12:00'] },
  ...more,
});
const slaOf = (sla: object, pack: object = {}): Record<string, unknown> => expanded({ pack, sla })['sla'] as Record<string, unknown>;

describe('a pack on disk', () => {
  it('may leave out keys with an obvious value', () => {
    const short = expanded({
      catalogue: { types: [], matrix: { high: {} } },
      intake: { numbering: { format: 'x', scope: [] } },
      notify: { rules: [{ key: 'a' }, { key: 'b', repeat: 'at-most-once' }] },
      sla: { clocks: [{ key: 'c' }] },
    });
    expect(short).toEqual({
      catalogue: { types: [], urgencies: [], impacts: [], matrix: { high: {} } },
      intake: { required: [], numbering: { format: 'x', scope: [], gapFree: false } },
      notify: {
        rules: [
          { key: 'a', channel: 'email', repeat: 'at-least-once' },
          { key: 'b', channel: 'email', repeat: 'at-most-once' },
        ],
      },
      sla: { calendars: [], clocks: [{ key: 'c', warnings: [] }] },
    });
  });
  it('is as it was when nothing is short', () => {
    const { json } = readPackTexts(exampleTexts());
    expect(expanded(json)).toEqual(json);
  });
  it('has ranges of weekdays, and a day of its own goes before them', () => {
    const sla = slaOf({
      calendars: [calendar({ hours: { 'mon-fri': ['08:00-17:00'], wed: ['08:00-12:00'], 'sat-sun': ['10:00-12:00'] } })],
    });
    const [{ hours } = { hours: {} }] = sla['calendars'] as { hours: Record<string, string[]> }[];
    expect(Object.entries(hours).map(([day, spans]) => `${day} ${spans[0] ?? ""}`)).toEqual([
      'mon 08:00-17:00', 'tue 08:00-17:00', 'wed 08:00-12:00', 'thu 08:00-17:00', 'fri 08:00-17:00', 'sat 10:00-12:00', 'sun 10:00-12:00',
    ]); // prettier-ignore
  });
  it('has ranges of weekdays in shifts, too', () => {
    const short = { people: [{ id: 'a', memberships: [{ unit: 'x', roles: ['handler'], shift: { 'fri-sat': ['20:00-08:00'] } }] }] };
    expect(expandedDirectory(short)).toMatchObject({
      people: [{ memberships: [{ shift: { fri: ['20:00-08:00'], sat: ['20:00-08:00'] } }] }],
    });
  });
  it('has dates and spans among the holidays, and an exception of its own goes before them', () => {
    const sla = slaOf({
      calendars: [calendar({ holidays: ['CN', '2026-05-01', '2026-12-30..2027-01-02'], exceptions: { '2026-12-31': 'work' } })],
    });
    expect(sla['calendars']).toEqual([
      calendar({
        holidays: ['CN'],
        exceptions: { '2026-05-01': 'off', '2026-12-30': 'off', '2026-12-31': 'work', '2027-01-01': 'off', '2027-01-02': 'off' },
      }),
    ]);
  });
  it.each(['2026-02-30', '2026-05-03..2026-05-01', '2026-01-01..2030-01-01', 'US', 7])('takes %s for no holiday', (entry) => {
    expect(datesOf(entry)).toBeUndefined();
  });
  it('counts working days in the calendar of the pack, and the zone of the pack is that of its calendars', () => {
    const clock = (limit: unknown): object => ({ key: 'a', names, limit, warnings: [] });
    const short = slaOf(
      { calendars: [{ key: 'desk' }], clocks: [clock({ workingDays: 2 }), clock({ days: 2 }), clock([{ limit: { workingDays: 1 } }])] },
      { calendar: 'desk', zone: 'Asia/Urumqi' },
    );
    expect(short['calendars']).toEqual([{ key: 'desk', zone: 'Asia/Urumqi' }]);
    expect((short['clocks'] as { calendar?: string }[]).map((c) => c.calendar)).toEqual(['desk', undefined, 'desk']);
  });
  it.each(['x', 7, null, [], [null], { calendars: 'x' }, { calendars: [null], clocks: { a: 1 } }, { clocks: [{ limit: [7] }] }])(
    'leaves %j to the check',
    (sla) => {
      expect(() => expanded({ pack: sla, catalogue: sla, intake: sla, sla, notify: sla })).not.toThrow();
      expect(() => expandedDirectory(sla)).not.toThrow();
    },
  );
  it('reads the dates of a deputyship in the zone of the pack, its last day included', () => {
    const deputies = [
      { deputy: 'wu', of: 'xu', from: '2026-03-02', until: '2026-03-06' },
      { deputy: 'wu', of: 'xu', from: '2026-03-09T08:00:00+08:00', until: '2026-03-09T12:00:00+08:00' },
    ];
    expect((expandedDirectory({ units: [], people: [], deputies }, 'Asia/Shanghai') as { deputies: unknown }).deputies).toEqual([
      { deputy: 'wu', of: 'xu', from: '2026-03-01T16:00:00.000Z', until: '2026-03-06T16:00:00.000Z' },
      { deputy: 'wu', of: 'xu', from: '2026-03-09T00:00:00.000Z', until: '2026-03-09T04:00:00.000Z' },
    ]);
  });
  it('tells what a holiday can be', () => {
    expect(mistakesAfter('sla', ['zone: Asia/Shanghai,', 'zone: Asia/Shanghai, holidays: [2026-02-30],'])).toMatch(
      /sla\.yaml:4:\d+ \/calendars\/0\/holidays\/0: must be CN, a date such as 2026-05-01, or a span such as 2026-02-15\.\.2026-02-23/,
    );
  });
});
