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

// A second, slow implementation: a list of minutes with the wall time that Intl formats for each, and whether the calendar is open then.

const MINUTE = 60_000;
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
// The notices of the State Council for the windows below.
const isOff = (date: string): boolean =>
  (date >= '2026-02-15' && date <= '2026-02-23') ||
  (date >= '2026-04-04' && date <= '2026-04-06') ||
  (date >= '2026-10-01' && date <= '2026-10-07');
const isWorked = (date: string): boolean => ['2026-02-14', '2026-02-28', '2026-10-10'].includes(date);

interface Window {
  zone: string;
  start: number;
  /** Date and minute of the day, in wall time, for each minute. */
  shown: { date: string; minute: number }[];
}

function windowOf(zone: string, from: string, days: number): Window {
  const start = Date.parse(`${from}T00:00:00Z`);
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
  const shown = Array.from({ length: days * 1_440 }, (_, i) => {
    const text = format.format(start + i * MINUTE);
    return { date: text.slice(0, 10), minute: Number(text.slice(11, 13)) * 60 + Number(text.slice(14, 16)) };
  });
  return { zone, start, shown };
}

const windows: readonly Window[] = [
  windowOf('Asia/Shanghai', '2026-02-11', 19),
  windowOf('Europe/Berlin', '2026-03-25', 10),
  windowOf('Europe/Berlin', '2026-10-21', 10),
  windowOf('America/New_York', '2026-03-04', 10),
  windowOf('America/New_York', '2026-10-28', 10),
  windowOf('Australia/Lord_Howe', '2026-10-01', 8),
  windowOf('America/Havana', '2026-10-29', 7),
  windowOf('Africa/Cairo', '2026-04-21', 7),
  windowOf('Pacific/Chatham', '2026-04-02', 7),
];

/** Windows are passed by number: a failing case prints its input, and a window has thousands of minutes. */
function windowAt(n: number): Window {
  const window = windows[n];
  if (!window) throw new RangeError(`no window ${n}`);
  return window;
}

function spansOf(spec: CalendarDefinition, date: string): readonly string[] {
  const monday = spec.hours === 'always' ? ['00:00-24:00'] : (spec.hours.mon ?? []);
  const exception = spec.exceptions?.[date];
  if (exception !== undefined) return exception === 'off' ? [] : exception === 'work' ? monday : exception;
  if (spec.holidays?.includes('CN') && isOff(date)) return [];
  if (spec.holidays?.includes('CN') && isWorked(date)) return monday;
  const weekday = DAYS[new Date(`${date}T00:00:00Z`).getUTCDay()] ?? 'sun';
  return spec.hours === 'always' ? monday : (spec.hours[weekday] ?? []);
}

/** Which minutes are open: from the first whose wall time is the start or later to the first whose wall time is the end or later. */
function openMinutes(spec: CalendarDefinition, { shown }: Window): boolean[] {
  const open = shown.map(() => false);
  for (const date of new Set(shown.map((s) => s.date))) {
    const first = (minute: number): number => {
      const i = shown.findIndex((s) => s.date > date || (s.date === date && s.minute >= minute));
      return i < 0 ? shown.length : i;
    };
    for (const span of spansOf(spec, date)) {
      const [from = 0, to = 0] = span.split('-').map((t) => Number(t.slice(0, 2)) * 60 + Number(t.slice(3)));
      open.fill(true, first(from), first(to));
    }
  }
  return open;
}

const clock = (minute: number): string => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
// Night hours are twice as likely, because clocks change at night.
const edge = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 1_440 }));
const spans = fc.uniqueArray(edge, { maxLength: 8 }).map((edges) => {
  const sorted = [...edges].sort((a, b) => a - b).map(clock);
  return sorted.flatMap((from, i) => (i % 2 === 0 && sorted[i + 1] !== undefined ? [`${from}-${sorted[i + 1] ?? ''}`] : []));
});

const cases = fc
  .record({
    window: fc.nat(windows.length - 1),
    mon: spans,
    others: fc.tuple(spans, spans, spans, spans, spans, spans),
    cn: fc.boolean(),
    off: fc.nat(7),
    work: fc.nat(7),
    odd: spans,
  })
  .map(({ window, mon, others, cn, off, work, odd }) => {
    const { zone, shown } = windowAt(window);
    const dates = [...new Set(shown.map((s) => s.date))];
    const [tue, wed, thu, fri, sat, sun] = others;
    const exceptions = {
      [dates[off] ?? '2026-01-01']: 'off' as const,
      [dates[work] ?? '2026-01-01']: 'work' as const,
      [dates[3] ?? '2026-01-01']: odd,
    };
    const spec: CalendarDefinition = {
      key: 'any',
      zone,
      hours: { mon: mon.length > 0 ? mon : ['00:30-02:30'], tue, wed, thu, fri, sat, sun },
      exceptions,
      ...(cn ? { holidays: ['CN'] } : {}),
    };
    return { window, spec };
  });

describe('a calendar compared with a list of minutes', () => {
  it('opens, closes, adds and counts like the list', () => {
    fc.assert(
      fc.property(cases, fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 20, maxLength: 20 }), ({ window: n, spec }, picks) => {
        const window = windowAt(n);
        const calendar = compileCalendar(spec);
        const open = openMinutes(spec, window);
        const instant = (i: number): number => window.start + i * MINUTE;
        for (const [a, b] of picks) {
          const from = a % open.length;
          const to = from + (b % (open.length - from));
          let counted = 0;
          for (let i = from; i < to; i += 1) if (open[i]) counted += 1;
          expect(isOpen(calendar, instant(from))).toBe(open[from]);
          expect(openTimeBetween(calendar, instant(from), instant(to))).toBe(counted * MINUTE);
          const opening = open.indexOf(true, from);
          expect(opening < 0 || nextOpen(calendar, instant(from)) === instant(opening)).toBe(true);

          let due = from;
          for (let left = counted; left > 0; due += 1) if (open[due]) left -= 1;
          expect(addOpenTime(calendar, instant(from), counted * MINUTE)).toBe(instant(due));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('ends working days at the first minute of the next date', () => {
    fc.assert(
      fc.property(cases, fc.nat(), fc.nat(6), ({ window: w, spec }, pick, n) => {
        const window = windowAt(w);
        const calendar = compileCalendar(spec);
        const dates = [...new Set(window.shown.map((s) => s.date))];
        const i = pick % window.shown.length;
        const receipt = dates.indexOf(window.shown[i]?.date ?? '');
        const working = dates.filter((date, d) => d > receipt && spansOf(spec, date).length > 0);
        const last = n === 0 ? dates[receipt] : working[n - 1];
        fc.pre(last !== undefined && last !== dates.at(-1));
        const end = window.shown.findIndex((s) => s.date > (last ?? ''));
        const received = window.start + i * MINUTE;
        expect(endOfWorkingDay(calendar, received, n)).toBe(window.start + end * MINUTE);
        expect(workingDaysBetween(calendar, received, window.start + end * MINUTE - 1)).toBe(n);
      }),
      { numRuns: 120 },
    );
  });
});
