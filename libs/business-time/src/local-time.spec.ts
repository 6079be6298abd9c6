import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { addCalendarDays, addCalendarMonths, instantOfLocal, localDate, localMonth, localParts } from './index.js';

// The same draws in each run; SEED=… makes others.
fc.configureGlobal({ seed: Number(process.env['SEED'] ?? 20_261_129) });

const BERLIN = 'Europe/Berlin';
const NEW_YORK = 'America/New_York';
const SHANGHAI = 'Asia/Shanghai';
const at = (text: string): number => Date.parse(text);
const local = (text: string) => {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = text.split(/[-T: ]/).map(Number);
  return { year, month, day, hour, minute, second };
};
const iso = (ms: number): string => new Date(ms).toISOString();

const ZONES = [
  BERLIN,
  NEW_YORK,
  SHANGHAI,
  'UTC',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'America/Sao_Paulo',
  'America/Havana',
  'Africa/Casablanca',
  'Europe/Dublin',
  'Pacific/Apia',
  'Asia/Tehran',
  'Antarctica/Troll',
];

function intl(zone: string, ms: number): string {
  const f = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  return f.format(ms);
}

function written(zone: string, ms: number): string {
  const p = localParts(zone, ms);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${p.year}-${two(p.month)}-${two(p.day)} ${two(p.hour)}:${two(p.minute)}:${two(p.second)}`;
}

const zone = fc.constantFrom(...ZONES);
const instant = fc.integer({ min: at('1985-01-01T00:00:00Z'), max: at('2040-01-01T00:00:00Z') });

describe('wall time', () => {
  it('agrees with Intl in any zone at any second', () => {
    fc.assert(
      fc.property(zone, instant, (z, ms) => written(z, ms) === intl(z, ms)),
      { numRuns: 250 },
    );
  });

  it('wall time is exact to the second around a change of clocks', () => {
    const change = at('2026-03-29T01:00:00Z');
    expect(written(BERLIN, change - 1)).toBe('2026-03-29 01:59:59');
    expect(written(BERLIN, change)).toBe('2026-03-29 03:00:00');
    expect(written(BERLIN, at('1893-03-31T23:06:31Z'))).toBe('1893-03-31 23:59:59');
    expect(written(BERLIN, at('1893-03-31T23:06:32Z'))).toBe('1893-04-01 00:06:32');
  });

  it('finds two changes of clocks within a week', () => {
    const noons = ['2000-10-07', '2000-10-08', '2000-10-14', '2000-10-15'].map(
      (d) => localParts('America/Recife', at(`${d}T15:00:00Z`)).hour,
    );
    expect(noons).toEqual([12, 13, 13, 12]);
  });

  it('accepts the years 1 to 9999 and refuses instants outside', () => {
    expect(localDate(SHANGHAI, at('0001-01-01T00:00:00Z'))).toBe('0001-01-01');
    expect(localDate(NEW_YORK, at('1500-02-01T12:00:00Z'))).toBe('1500-02-01');
    expect(localDate(BERLIN, at('9999-12-31T12:00:00Z'))).toBe('9999-12-31');
    expect(() => localDate(SHANGHAI, at('9999-12-31T23:00:00Z'))).toThrow(RangeError);
    for (const ms of [NaN, Infinity, -Infinity, 8.64e15]) expect(() => localDate(BERLIN, ms)).toThrow(RangeError);
  });

  it('refuses unknown zones and offsets', () => {
    for (const name of ['Mars/Olympus', '', '+08:00', 'UTC+8']) expect(() => localDate(name, 0)).toThrow(/is not an IANA time zone/);
  });

  it('returns date and month of the zone and not of UTC', () => {
    expect(localDate(SHANGHAI, at('2026-02-28T16:00:00Z'))).toBe('2026-03-01');
    expect(localMonth(SHANGHAI, at('2026-02-28T16:00:00Z'))).toBe('2026-03');
    expect(localMonth(SHANGHAI, at('2026-02-28T15:59:59Z'))).toBe('2026-02');
  });

  it('does not call Intl again for a year it has read', () => {
    const warm = at('2031-06-01T00:00:00Z');
    localDate(BERLIN, warm);
    const asked = jest.spyOn(Intl.DateTimeFormat.prototype, 'formatToParts');
    for (let i = 0; i < 10_000; i += 1) localParts(BERLIN, warm + i * 60_000);
    expect(asked).not.toHaveBeenCalled();
    asked.mockRestore();
  });
});

describe('instantOfLocal', () => {
  it('instantOfLocal is the inverse of localParts', () => {
    fc.assert(
      fc.property(zone, instant, (z, ms) => {
        const parts = localParts(z, ms);
        const back = instantOfLocal(z, parts, ms - Math.floor(ms / 1000) * 1000);
        // The first instant of an hour that occurs twice is returned.
        expect(localParts(z, back)).toEqual(parts);
        expect(ms - back).toBeGreaterThanOrEqual(0);
        expect(ms - back).toBeLessThanOrEqual(7_200_000);
      }),
      { numRuns: 250 },
    );
  });

  it.each([
    ['a plain time', SHANGHAI, '2026-02-13 09:30:00', '2026-02-13T01:30:00.000Z'],
    ['a skipped time, moved forward by the gap', BERLIN, '2026-03-29 02:30:00', '2026-03-29T01:30:00.000Z'],
    ['the first skipped second', BERLIN, '2026-03-29 02:00:00', '2026-03-29T01:00:00.000Z'],
    ['the first second after the gap', BERLIN, '2026-03-29 03:00:00', '2026-03-29T01:00:00.000Z'],
    ['a time shown twice: the first', BERLIN, '2026-10-25 02:30:00', '2026-10-25T00:30:00.000Z'],
    ['the end of an hour shown twice', BERLIN, '2026-10-25 03:00:00', '2026-10-25T02:00:00.000Z'],
    ['a skipped time in New York', NEW_YORK, '2026-03-08 02:30:00', '2026-03-08T07:30:00.000Z'],
    ['a time shown twice in New York', NEW_YORK, '2026-11-01 01:30:00', '2026-11-01T05:30:00.000Z'],
    ['a gap of half an hour', 'Australia/Lord_Howe', '2026-10-04 02:15:00', '2026-10-03T15:45:00.000Z'],
    ['a midnight that does not exist', 'America/Sao_Paulo', '2018-11-04 00:00:00', '2018-11-04T03:00:00.000Z'],
    ['half an hour of offset', 'Asia/Kolkata', '2026-06-01 09:00:00', '2026-06-01T03:30:00.000Z'],
    ['three quarters', 'Asia/Kathmandu', '2026-06-01 09:00:00', '2026-06-01T03:15:00.000Z'],
    ['the last summer time of China', SHANGHAI, '1991-07-01 12:00:00', '1991-07-01T03:00:00.000Z'],
  ])('resolves %s', (_name, z, text, expected) => {
    expect(iso(instantOfLocal(z, local(text)))).toBe(expected);
  });

  it('returns the same time a day later for a date that the zone skipped', () => {
    expect(written('Pacific/Apia', instantOfLocal('Pacific/Apia', local('2011-12-30 10:00:00')))).toBe('2011-12-31 10:00:00');
  });

  it.each([
    '2026-00-10 00:00:00',
    '2026-13-10 00:00:00',
    '2026-02-30 00:00:00',
    '2025-02-29 00:00:00',
    '2026-02-13 24:00:00',
    '2026-02-13 10:60:00',
    '0000-01-01 00:00:00',
  ])('refuses %s', (text) => {
    expect(() => instantOfLocal(SHANGHAI, local(text))).toThrow(RangeError);
  });

  it('does not move the years before 100 into the 20th century', () => {
    expect(localDate('UTC', instantOfLocal('UTC', local('0014-08-19 00:00:00')))).toBe('0014-08-19');
  });
});

describe('calendar days and months (F6, F19)', () => {
  it.each([
    ['keeps the wall time', SHANGHAI, '2026-02-13T10:00:00+08:00', 3, '2026-02-16T02:00:00.000Z'],
    ['crosses 29 February', SHANGHAI, '2024-02-28T10:00:00+08:00', 2, '2024-03-01T02:00:00.000Z'],
    ['is 23 hours long in spring', BERLIN, '2026-03-28T12:00:00+01:00', 1, '2026-03-29T10:00:00.000Z'],
    ['is 25 hours long in autumn', NEW_YORK, '2026-10-31T12:00:00-04:00', 1, '2026-11-01T17:00:00.000Z'],
    ['lands behind a gap', BERLIN, '2026-03-28T02:30:00+01:00', 1, '2026-03-29T01:30:00.000Z'],
    ['lands on the first of two', BERLIN, '2026-10-24T02:30:00+02:00', 1, '2026-10-25T00:30:00.000Z'],
    ['counts back', BERLIN, '2026-03-30T12:00:00+02:00', -2, '2026-03-28T11:00:00.000Z'],
  ])('adds a day %s', (_name, z, from, n, expected) => {
    expect(iso(addCalendarDays(z, at(from), n))).toBe(expected);
  });

  it.each([
    ['2026-01-31T09:00:00+08:00', 1, '2026-02-28T01:00:00.000Z'],
    ['2024-01-31T09:00:00+08:00', 1, '2024-02-29T01:00:00.000Z'],
    ['2026-01-31T09:00:00+08:00', 2, '2026-03-31T01:00:00.000Z'],
    ['2024-02-29T09:00:00+08:00', 12, '2025-02-28T01:00:00.000Z'],
    ['2025-12-15T09:00:00+08:00', 1, '2026-01-15T01:00:00.000Z'],
    ['2026-01-15T09:00:00+08:00', -1, '2025-12-15T01:00:00.000Z'],
    ['2026-01-15T09:00:00+08:00', -13, '2024-12-15T01:00:00.000Z'],
    ['2026-03-31T23:59:59.999+08:00', -1, '2026-02-28T15:59:59.999Z'],
  ])('adds to %s %i months and returns %s', (from, n, expected) => {
    expect(iso(addCalendarMonths(SHANGHAI, at(from), n))).toBe(expected);
  });

  it('keeps the wall time across a change of clocks', () => {
    expect(iso(addCalendarMonths(BERLIN, at('2026-03-15T12:00:00+01:00'), 1))).toBe('2026-04-15T10:00:00.000Z');
    expect(iso(addCalendarMonths(BERLIN, at('2026-02-28T02:30:00+01:00'), 1))).toBe('2026-03-28T01:30:00.000Z');
    expect(iso(addCalendarMonths(BERLIN, at('2026-02-28T23:30:00Z'), 0))).toBe('2026-02-28T23:30:00.000Z');
  });

  it('returns the instant itself for zero, even in the second of two equal hours', () => {
    const second = at('2026-10-25T02:30:00+01:00');
    expect(addCalendarDays(BERLIN, second, 0)).toBe(second);
    expect(addCalendarMonths(BERLIN, second, 0)).toBe(second);
  });

  it('never ends on an earlier date for a later start', () => {
    fc.assert(
      fc.property(zone, instant, fc.nat(100_000_000), fc.nat(40), (z, ms, later, n) => {
        fc.pre(localDate(z, ms + later) >= localDate(z, ms));
        expect(localDate(z, addCalendarDays(z, ms + later, n)) >= localDate(z, addCalendarDays(z, ms, n))).toBe(true);
        expect(localDate(z, addCalendarMonths(z, ms + later, n)) >= localDate(z, addCalendarMonths(z, ms, n))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('refuses fractions of days and years outside 1 to 9999', () => {
    expect(() => addCalendarDays(SHANGHAI, 0, 0.5)).toThrow(RangeError);
    expect(() => addCalendarMonths(SHANGHAI, 0, NaN)).toThrow(RangeError);
    expect(() => addCalendarMonths(SHANGHAI, 0, 120_000)).toThrow(RangeError);
    expect(() => addCalendarDays(SHANGHAI, 0, 4_000_000)).toThrow(RangeError);
  });
});
