import { addDays, type Calendar } from './calendar.js';
import { localDate, startOfDay } from './zone.js';

/** A calendar that stays closed this long is a mistake, not a calendar. */
const LONGEST_CLOSED_DAYS = 3_660;

/**
 * Hour-count: the earliest instant at which `openMs` of open time have passed since `from`. Zero gives `from` itself. So a limit that is used
 * up at closing time is due at closing time, not at the next opening.
 */
export function addOpenTime(calendar: Calendar, from: number, openMs: number): number {
  if (openMs < 0) throw new RangeError('open time cannot be negative');
  if (openMs === 0) return from;
  if (calendar.always) return from + openMs;
  let left = openMs;
  let closed = 0;
  // The day before too: a span may end after midnight of the instant's own date only through DST, never by more.
  for (let date = localDate(calendar.zone, from); ; date = addDays(date, 1)) {
    const spans = calendar.spansOf(date);
    closed = spans.length === 0 ? closed + 1 : 0;
    if (closed > LONGEST_CLOSED_DAYS) throw new RangeError(`calendar ${calendar.key} has no open time for ten years after ${date}`);
    for (const [open, close] of spans) {
      const start = Math.max(open, from);
      if (start >= close) continue;
      if (left <= close - start) return start + left;
      left -= close - start;
    }
  }
}

/** Open milliseconds between two instants; 0 when `b` is not after `a`. */
export function openTimeBetween(calendar: Calendar, a: number, b: number): number {
  if (b <= a) return 0;
  if (calendar.always) return b - a;
  let sum = 0;
  const last = localDate(calendar.zone, b);
  for (let date = localDate(calendar.zone, a); date <= last; date = addDays(date, 1)) {
    for (const [open, close] of calendar.spansOf(date)) sum += Math.max(0, Math.min(close, b) - Math.max(open, a));
  }
  return sum;
}

export function isOpen(calendar: Calendar, at: number): boolean {
  return calendar.always || calendar.spansOf(localDate(calendar.zone, at)).some(([open, close]) => open <= at && at < close);
}

/** The first open instant at or after `at`. */
export function nextOpen(calendar: Calendar, at: number): number {
  return isOpen(calendar, at) ? at : addOpenTime(calendar, at, 1) - 1;
}

export function isWorkingDay(calendar: Calendar, date: string): boolean {
  return calendar.isWorkingDay(date);
}

/**
 * Day-count (processes.md, conventions): the end of the n-th working day after the day of receipt, which is day 0; for n = 0 the end of
 * the day of receipt itself. The end of a day is the instant the next one begins.
 */
export function endOfWorkingDay(calendar: Calendar, from: number, n: number): number {
  let date = localDate(calendar.zone, from);
  let closed = 0;
  for (let left = n; left > 0; ) {
    date = addDays(date, 1);
    if (calendar.isWorkingDay(date)) {
      left -= 1;
      closed = 0;
    } else if ((closed += 1) > LONGEST_CLOSED_DAYS) {
      throw new RangeError(`calendar ${calendar.key} has no working day for ten years before ${date}`);
    }
  }
  return startOfDay(calendar.zone, addDays(date, 1));
}

/** Working days after the day of `a` up to and including the day of `b`. */
export function workingDaysBetween(calendar: Calendar, a: number, b: number): number {
  const last = localDate(calendar.zone, b);
  let n = 0;
  for (let date = addDays(localDate(calendar.zone, a), 1); date <= last; date = addDays(date, 1)) if (calendar.isWorkingDay(date)) n += 1;
  return n;
}
