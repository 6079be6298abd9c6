import { DAY_MS, END_MS, FIRST_MS, lastDayOfMonth, wallOf } from './civil-date.js';
import { Zone } from './zone.js';

/** Date and time of day in a zone; `month` counts from 1. */
export interface LocalParts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

function wallAt(zone: Zone, ms: number): number {
  const wall = ms + zone.offsetAt(ms);
  if (!(wall >= FIRST_MS && wall < END_MS)) throw new RangeError(`${ms} is not an instant of the years 1 to 9999 in ${zone.name}`);
  return wall;
}

/** The wall time of an instant in an IANA zone. Throws RangeError for an unknown zone or an instant outside the years 1 to 9999. */
export function localParts(zone: string, ms: number): LocalParts {
  const d = new Date(wallAt(Zone.of(zone), ms));
  return {
    year: d.getUTCFullYear(),
    month: d.getUTCMonth() + 1,
    day: d.getUTCDate(),
    hour: d.getUTCHours(),
    minute: d.getUTCMinutes(),
    second: d.getUTCSeconds(),
  };
}

/** The date `YYYY-MM-DD` of an instant in an IANA zone. Throws like `localParts`. */
export function localDate(zone: string, ms: number): string {
  return new Date(wallAt(Zone.of(zone), ms)).toISOString().slice(0, 10);
}

/** The month `YYYY-MM` of an instant in an IANA zone (number series, monthly reports). Throws like `localParts`. */
export function localMonth(zone: string, ms: number): string {
  return localDate(zone, ms).slice(0, 7);
}

/**
 * The instant of a wall time in an IANA zone. A time that is skipped in spring moves forward by the length of the gap (02:30 becomes 03:30); for a time that
 * occurs twice in autumn the first instant is returned (Temporal's `compatible`).
 * Throws RangeError for an unknown zone or an impossible time (month 0, 30 February, 24:00).
 */
export function instantOfLocal(zone: string, parts: LocalParts, millisecond = 0): number {
  const { year, month, day, hour, minute, second } = parts;
  const midnight = wallOf(year, month, day);
  const fits = within(hour, 24) && within(minute, 60) && within(second, 60) && within(millisecond, 1000);
  if (midnight === undefined || !fits)
    throw new RangeError(`${year}-${month}-${day} ${hour}:${minute}:${second}.${millisecond} is not a valid time`);
  return Zone.of(zone).instantOf(midnight + hour * 3_600_000 + minute * 60_000 + second * 1000 + millisecond);
}

function within(value: number, end: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < end;
}

/**
 * The same wall time `n` calendar days later, or earlier for a negative `n` (P03, F6: "1 day / 3 days"). A day has 23 or 25 hours when the clocks change; a
 * wall time that the day skips or has twice is resolved as in `instantOfLocal`. Zero days return the instant itself.
 * Throws RangeError for an unknown zone, a fraction of a day, or a result outside the years 1 to 9999.
 */
export function addCalendarDays(zone: string, from: number, n: number): number {
  requireWhole(n, 'days');
  const z = Zone.of(zone);
  const wall = wallAt(z, from);
  return n === 0 ? from : z.instantOf(wall + n * DAY_MS);
}

/**
 * The same wall time `n` calendar months later (P41, F19: "unsolved for 1 month"). A day that the month does not have becomes its last day: 31 January + 1 is
 * 28 or 29 February. Months are always counted from `from`, so 31 January + 2 is 31 March. The last days of a long month therefore share a due date, each
 * at its own time of day. Otherwise like `addCalendarDays`.
 */
export function addCalendarMonths(zone: string, from: number, n: number): number {
  requireWhole(n, 'months');
  const z = Zone.of(zone);
  const wall = wallAt(z, from);
  if (n === 0) return from;
  const d = new Date(wall);
  const months = d.getUTCFullYear() * 12 + d.getUTCMonth() + n;
  const [year, month] = [Math.floor(months / 12), (((months % 12) + 12) % 12) + 1];
  const midnight = wallOf(year, month, Math.min(d.getUTCDate(), lastDayOfMonth(year, month)));
  if (midnight === undefined) throw new RangeError(`${n} months from ${from} is outside the years 1 to 9999`);
  return z.instantOf(midnight + (wall - Math.floor(wall / DAY_MS) * DAY_MS));
}

function requireWhole(n: number, unit: string): void {
  if (!Number.isSafeInteger(n)) throw new RangeError(`${n} is not a whole number of ${unit}`);
}
