import { addCalendarDays, dayOf, instantOfLocal, isZone } from '@gongdan/business-time';
import { isInstant } from '../format2/words.js';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const SPAN_OF_DAYS = /^(\d{4}-\d{2}-\d{2})(?:\.\.(\d{4}-\d{2}-\d{2}))?$/;
const DAY_MS = 86_400_000;
/** A longer closure is a mistake in a year, and each day of it becomes an entry. */
const LONGEST_CLOSURE = 400;
/** Days off that are written out for one pack; 2,500 calendars of a year each took nine seconds. */
export const MOST_DAYS_OFF = 5_000;

/** Keys that may be left out on disk, with what they mean then. The wire form of a pack always has them. */
export const LEFT_OUT = {
  catalogue: { urgencies: [], impacts: [], matrix: {} },
  intake: { required: [] },
  numbering: { gapFree: false },
  sla: { calendars: [], clocks: [] },
  clock: { warnings: [] },
  rule: { channel: 'email', repeat: 'at-least-once' },
} as const;

type Json = Record<string, unknown>;

/**
 * The parts of a pack as the HTTP API takes them, from what an author may write shorter: keys with an obvious value left out, `mon-fri` for five days, dates and spans
 * among the holidays, and the calendar of the pack for clocks that count working days. What does not have the expected shape stays as it is: the check tells.
 */
export function expanded(parts: Readonly<Json>): Json {
  const pack = tableOf(parts['pack']);
  const room = { days: MOST_DAYS_OFF };
  return Object.fromEntries(
    Object.entries(parts).map(([part, value]) => {
      if (part === 'catalogue') return [part, filled(value, LEFT_OUT.catalogue)];
      if (part === 'intake') return [part, changed(filled(value, LEFT_OUT.intake), { numbering: (n) => filled(n, LEFT_OUT.numbering) })];
      if (part === 'sla') return [part, slaOf(value, pack, room)];
      if (part === 'notify') return [part, changed(value, { rules: (list) => each(list, (r) => filled(r, LEFT_OUT.rule)) })];
      return [part, value];
    }),
  );
}

/** A sample directory with the days of its shifts written out, and the days of its deputyships as instants in the zone of the pack. */
export function expandedDirectory(directory: unknown, zone: unknown = 'Asia/Shanghai'): unknown {
  const membership = (m: unknown): unknown => changed(m, { shift: weekOf });
  return changed(directory, {
    people: (list) => each(list, (p) => changed(p, { memberships: (own) => each(own, membership) })),
    deputies: (list) => each(list, (d) => changed(d, { from: (day) => momentOf(day, zone, 0), until: (day) => momentOf(day, zone, 1) })),
  });
}

/** The midnight at which a day begins, or so many days later; an instant in UTC. What is neither stays as it is. */
function momentOf(value: unknown, zone: unknown, later: number): unknown {
  if (typeof value !== 'string' || typeof zone !== 'string' || !isZone(zone)) return value;
  if (isInstant(value)) return new Date(value).toISOString();
  if (dayOf(value) === undefined) return value;
  const [year = 0, month = 0, day = 0] = value.split('-').map(Number);
  const midnight = instantOfLocal(zone, { year, month, day, hour: 0, minute: 0, second: 0 });
  return new Date(addCalendarDays(zone, midnight, later)).toISOString();
}

function slaOf(value: unknown, pack: Json | undefined, room: { days: number }): unknown {
  return changed(filled(value, LEFT_OUT.sla), {
    calendars: (list) =>
      each(list, (c) =>
        closures(changed(typeof pack?.['zone'] === 'string' ? filled(c, { zone: pack['zone'] }) : c, { hours: weekOf }), room),
      ),
    clocks: (list) =>
      each(list, (c) => {
        const clock = filled(c, LEFT_OUT.clock);
        const calendar = pack?.['calendar'];
        return typeof calendar === 'string' && countsWorkingDays(c) ? filled(clock, { calendar }) : clock;
      }),
  });
}

function countsWorkingDays(clock: unknown): boolean {
  const limit = tableOf(clock)?.['limit'];
  const rows = Array.isArray(limit) ? limit.map((row) => tableOf(row)?.['limit']) : [limit];
  return rows.some((l) => tableOf(l)?.['workingDays'] !== undefined);
}

/** `mon-fri` stands for each of these days that has no hours of its own; the days keep the order of the week. */
function weekOf(hours: unknown): unknown {
  const table = tableOf(hours);
  if (table === undefined || !Object.keys(table).some((k) => daysOf(k) !== undefined)) return hours;
  const week: Json = {};
  for (const day of DAYS) {
    const own = table[day] ?? Object.entries(table).find(([k]) => daysOf(k)?.includes(day))?.[1];
    if (own !== undefined) week[day] = own;
  }
  const others = Object.entries(table).filter(([k]) => daysOf(k) === undefined && !DAYS.some((d) => d === k));
  return { ...week, ...Object.fromEntries(others) };
}

/** The days of a range such as `mon-fri` or `sat-mon`. */
function daysOf(key: string): readonly string[] | undefined {
  const [from = '', to, ...more] = key.split('-');
  const [a, b] = [DAYS.findIndex((d) => d === from), DAYS.findIndex((d) => d === to)];
  if (a < 0 || b < 0 || more.length > 0) return undefined;
  return a <= b ? DAYS.slice(a, b + 1) : [...DAYS.slice(a), ...DAYS.slice(0, b + 1)];
}

/** Dates and spans among the holidays become days off, where `exceptions` says nothing else about the day. */
function closures(calendar: unknown, room: { days: number }): unknown {
  const table = tableOf(calendar);
  const holidays = table?.['holidays'];
  if (table === undefined || !Array.isArray(holidays)) return calendar;
  const off: Json = {};
  const left = holidays.filter((entry) => {
    const days = room.days > 0 ? datesOf(entry) : undefined;
    for (const day of days ?? []) off[day] = 'off';
    room.days -= days?.length ?? 0;
    return days === undefined;
  });
  if (left.length === holidays.length) return calendar;
  const exceptions = table['exceptions'] ?? {};
  const own = tableOf(exceptions);
  if (own === undefined) return calendar;
  const { holidays: _, ...rest } = table;
  return { ...rest, ...(left.length > 0 ? { holidays: left } : {}), exceptions: { ...off, ...own } };
}

/** The dates of `2026-05-01` or `2026-02-15..2026-02-23`; undefined for anything else. */
export function datesOf(entry: unknown): string[] | undefined {
  const [, from = '', to = from] = (typeof entry === 'string' ? SPAN_OF_DAYS.exec(entry) : null) ?? [];
  const [first, last] = [Date.parse(`${from}T00:00:00Z`), Date.parse(`${to}T00:00:00Z`)];
  const count = (last - first) / DAY_MS + 1;
  if (!(count >= 1 && count <= LONGEST_CLOSURE)) return undefined;
  const dates = Array.from({ length: count }, (_, i) => new Date(first + i * DAY_MS).toISOString().slice(0, 10));
  return dates[0] === from && dates.at(-1) === to ? dates : undefined;
}

function tableOf(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** A value that is written and empty (`warnings:`) is not left out: the check asks for it. */
function filled(value: unknown, left: Readonly<Json>): unknown {
  const table = tableOf(value);
  if (table === undefined) return value;
  const missing = Object.entries(left).filter(([key]) => !Object.hasOwn(table, key));
  return missing.length === 0 ? value : { ...table, ...structuredClone(Object.fromEntries(missing)) };
}

function changed(value: unknown, changes: Readonly<Record<string, (v: unknown) => unknown>>): unknown {
  const table = tableOf(value);
  if (table === undefined) return value;
  const present = Object.entries(changes).filter(([key]) => Object.hasOwn(table, key));
  return { ...table, ...Object.fromEntries(present.map(([key, change]) => [key, change(table[key])])) };
}

function each(value: unknown, change: (item: unknown) => unknown): unknown {
  return Array.isArray(value) ? value.map(change) : value;
}
