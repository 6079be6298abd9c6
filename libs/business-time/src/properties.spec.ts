import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  addOpenTime,
  type CalendarDefinition,
  compileCalendar,
  endOfWorkingDay,
  isOpen,
  nextOpen,
  openTimeBetween,
  workingDaysBetween,
} from './index.js';

// The same draws in each run; SEED=… makes others.
fc.configureGlobal({ seed: Number(process.env['SEED'] ?? 20_261_129) });

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const ZONES = [
  'Asia/Shanghai',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'America/Havana',
  'America/Sao_Paulo',
  'Africa/Cairo',
  'Pacific/Chatham',
  'UTC',
];
const clock = (minute: number): string => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
const spans = fc.uniqueArray(fc.integer({ min: 0, max: 96 }), { maxLength: 6 }).map((quarters) => {
  const edges = [...quarters].sort((a, b) => a - b).map((q) => clock(q * 15));
  return Array.from({ length: Math.floor(edges.length / 2) }, (_, i) => `${edges[2 * i]}-${edges[2 * i + 1]}`);
});
const monday = spans.filter((s) => s.length > 0);
const week = fc.record({ mon: monday, tue: spans, wed: spans, thu: spans, fri: spans, sat: spans, sun: spans });
const what = fc.oneof(fc.constant('off' as const), fc.constant('work' as const), spans);
const date = fc.integer({ min: 0, max: 1_000 }).map((n) => new Date(Date.UTC(2026, 0, 1) + n * DAY).toISOString().slice(0, 10));
const spec: fc.Arbitrary<CalendarDefinition> = fc.record({
  key: fc.constant('any'),
  zone: fc.constantFrom(...ZONES),
  hours: fc.oneof({ weight: 9, arbitrary: week }, { weight: 1, arbitrary: fc.constant('always' as const) }),
  holidays: fc.constantFrom([], ['CN']),
  exceptions: fc.dictionary(date, what, { maxKeys: 5 }),
});
const instant = fc.integer({ min: Date.UTC(2025, 11, 1), max: Date.UTC(2028, 11, 1) });
const amount = fc.oneof(
  fc.nat(40 * HOUR),
  fc.nat(3_000 * HOUR),
  fc.nat(200).map((quarters) => quarters * 900_000),
);
const runs = { numRuns: 120 };

describe('open time', () => {
  it('counts the amount that was added: between(from, add(from, n)) = n', () => {
    fc.assert(
      fc.property(spec, instant, amount, (s, from, n) => {
        const c = compileCalendar(s);
        expect(openTimeBetween(c, from, addOpenTime(c, from, n))).toBe(n);
      }),
      runs,
    );
  });

  it('adds up to the earliest instant that has the amount, which is open or closing time', () => {
    fc.assert(
      fc.property(spec, instant, amount, (s, from, ms) => {
        const c = compileCalendar(s);
        const n = ms + 1;
        const due = addOpenTime(c, from, n);
        expect([isOpen(c, due - 1), openTimeBetween(c, from, due - 1)]).toEqual([true, n - 1]);
        expect(addOpenTime(c, from, 0)).toBe(from);
      }),
      runs,
    );
  });

  it('adds two amounts like their sum', () => {
    fc.assert(
      fc.property(spec, instant, amount, amount, (s, from, a, b) => {
        const c = compileCalendar(s);
        expect(addOpenTime(c, addOpenTime(c, from, a), b)).toBe(addOpenTime(c, from, a + b));
      }),
      runs,
    );
  });

  it('never ends earlier for a later start or a larger amount', () => {
    fc.assert(
      fc.property(spec, instant, amount, amount, (s, from, a, b) => {
        const c = compileCalendar(s);
        expect(addOpenTime(c, from + b, a)).toBeGreaterThanOrEqual(addOpenTime(c, from, a));
        expect(addOpenTime(c, from, a + b)).toBeGreaterThanOrEqual(addOpenTime(c, from, a));
      }),
      runs,
    );
  });

  it('counts two adjacent stretches like the whole, and 0 backwards', () => {
    fc.assert(
      fc.property(spec, instant, amount, amount, (s, from, a, b) => {
        const c = compileCalendar(s);
        const [middle, end] = [from + a, from + a + b];
        expect(openTimeBetween(c, from, middle) + openTimeBetween(c, middle, end)).toBe(openTimeBetween(c, from, end));
        expect(openTimeBetween(c, end, from)).toBe(0);
      }),
      runs,
    );
  });

  it('finds the next open instant with no open time before it', () => {
    fc.assert(
      fc.property(spec, instant, (s, from) => {
        const c = compileCalendar(s);
        const open = nextOpen(c, from);
        expect([isOpen(c, open), open >= from, open === from, openTimeBetween(c, from, open)]).toEqual([true, true, isOpen(c, from), 0]);
      }),
      runs,
    );
  });

  it('gives the same results in whatever order a calendar is queried', () => {
    fc.assert(
      fc.property(spec, fc.array(instant, { minLength: 2, maxLength: 8 }), amount, (s, instants, n) => {
        const reused = compileCalendar(s);
        const results = instants.map((i) => addOpenTime(reused, i, n));
        expect(instants.map((i) => addOpenTime(compileCalendar(s), i, n))).toEqual(results);
      }),
      { numRuns: 15 },
    );
  });
});

describe('working days', () => {
  it('counts n used days at the last instant of the n-th day', () => {
    fc.assert(
      fc.property(spec, instant, fc.nat(400), (s, from, n) => {
        const c = compileCalendar(s);
        const end = endOfWorkingDay(c, from, n);
        expect(end).toBeGreaterThan(from);
        expect(workingDaysBetween(c, from, end - 1)).toBe(n);
        expect(endOfWorkingDay(c, from, n + 1)).toBeGreaterThan(end);
      }),
      runs,
    );
  });

  it('never ends earlier for a later receipt', () => {
    fc.assert(
      fc.property(spec, instant, amount, fc.nat(30), (s, from, later, n) => {
        const c = compileCalendar(s);
        expect(endOfWorkingDay(c, from + later, n)).toBeGreaterThanOrEqual(endOfWorkingDay(c, from, n));
      }),
      runs,
    );
  });
});
