import { type Calendar } from './calendar.js';
import { dayNumber } from './civil-date.js';
import { at, type Page } from './page.js';

/**
 * Day-count: a limit of n working days ends with the n-th working day after the day of receipt, which is day 0. A working day is a local date with any
 * working time: a weekday, a make-up day or an exception. Every end is exclusive: it is the instant at which the next date begins, and "in time" means
 * before it.
 */

/**
 * The end of the n-th working day after the day of `from`; for n = 0 the end of the day of `from` itself, day off or not ("same day").
 * Throws RangeError unless n is a whole number, 0 or more, and when the answer is more than a century away.
 * Source: P04 (3 wd, 1 wd), P05 (same day, 1, 3, 4 wd), P20 (3, 7 wd); F8 to F11, F16, F18.
 */
export function endOfWorkingDay(calendar: Calendar, from: number, n: number): number {
  if (!(Number.isSafeInteger(n) && n >= 0)) throw new RangeError(`${n} is not a number of working days`);
  const day = calendar.dayAt(from);
  const first = calendar.pageOfDay(day);
  const receipt = day - first.firstDay;
  if (n === 0) return at(first.starts, receipt + 1);
  let wanted = at(first.worked, receipt + 1) + n;
  return calendar.search(first, (page) => {
    if (wanted <= page.workingDays) return page.endOfWorking(wanted);
    wanted -= page.workingDays;
    return undefined;
  });
}

/** Whether a local date `YYYY-MM-DD` has working time. Throws RangeError for a text that is no date. */
export function isWorkingDay(calendar: Calendar, date: string): boolean {
  const day = dayNumber(date);
  return worksOn(calendar.pageOfDay(day), day);
}

/**
 * Counts the working days after the day of `a`, up to and including the day of `b`: how many of them a ticket received at `a` has used at `b`. Returns 0
 * when `b` is not on a later day. Throws RangeError when the two instants are more than a century apart.
 */
export function workingDaysBetween(calendar: Calendar, a: number, b: number): number {
  const [from, to] = [calendar.dayAt(a), calendar.dayAt(b)];
  if (to <= from) return 0;
  const [first, last] = [calendar.pageOfDay(from), calendar.pageOfDay(to)];
  let sum = -at(first.worked, from - first.firstDay + 1);
  return calendar.search(first, (page) => {
    if (page.number === last.number) return sum + at(last.worked, to - last.firstDay + 1);
    sum += page.workingDays;
    return undefined;
  });
}

/**
 * Open milliseconds of the working day of `from`, or of the next working day when `from` is on a day off. Half a working day is half of this length:
 * hours 9-12 and 13-18 make a day of 8 h, so half a day from 16:00 is 4 h of open time and due at 11:00 on the next working day.
 * Throws RangeError when the calendar has no working day for a century. Source: P36 (T3), F16.
 */
export function workingDayLength(calendar: Calendar, from: number): number {
  const day = calendar.dayAt(from);
  const page = calendar.pageOfDay(day);
  const i = day - page.firstDay;
  const end = worksOn(page, day) ? at(page.starts, i + 1) : endOfWorkingDay(calendar, from, 1);
  const last = calendar.dayAt(end - 1);
  const home = calendar.pageOfDay(last);
  return home.openBefore(end) - home.openBefore(at(home.starts, last - home.firstDay));
}

function worksOn(page: Page, day: number): boolean {
  const i = day - page.firstDay;
  return at(page.worked, i + 1) > at(page.worked, i);
}
