import { type Calendar } from './calendar.js';

/**
 * Hour-count: a limit burns only while the calendar is open. Instants are epoch milliseconds, amounts are milliseconds of open time.
 *
 * A span is open from the first instant whose wall time is its start or later to the first instant whose wall time is its end or later. So a span keeps its
 * real length when the clocks change: 00:00-24:00 has 23 or 25 hours, and the second occurrence of an hour belongs to the span that covers the end of
 * that hour.
 */

/**
 * The earliest instant at which `openMs` of open time have passed since `from`. So a limit that is used up at closing time is due at closing time and not at
 * the next opening; zero is due at once, even while the calendar is closed; and add(add(t, a), b) = add(t, a + b). A fraction of a millisecond, as 80 %
 * of an amount may have, is rounded. Throws RangeError for a negative or infinite amount, and when the result is more than a century away (24×7: beyond
 * the year 9999). Source: F1 to F4, F14, F16 to F18.
 */
export function addOpenTime(calendar: Calendar, from: number, openMs: number): number {
  if (!(openMs >= 0 && openMs < Infinity)) throw new RangeError(`${openMs} is not an amount of open time`);
  const amount = Math.round(openMs);
  const first = calendar.pageAt(from);
  if (amount === 0) return from;
  if (calendar.always) {
    calendar.pageAt(from + amount);
    return from + amount;
  }
  let wanted = first.openBefore(from) + amount;
  return calendar.search(first, (page) => {
    if (wanted <= page.openMs) return page.instantAfter(wanted);
    wanted -= page.openMs;
    return undefined;
  });
}

/** Open milliseconds from `a` to `b`; 0 when `b` is not after `a`. Throws RangeError when they are more than a century apart. */
export function openTimeBetween(calendar: Calendar, a: number, b: number): number {
  const [first, last] = [calendar.pageAt(a), calendar.pageAt(b)];
  if (b <= a) return 0;
  if (calendar.always) return b - a;
  let sum = -first.openBefore(a);
  return calendar.search(first, (page) => {
    if (page.number === last.number) return sum + page.openBefore(b);
    sum += page.openMs;
    return undefined;
  });
}

/** Whether the calendar is open at an instant. It is closed at closing time itself. */
export function isOpen(calendar: Calendar, ms: number): boolean {
  return calendar.pageAt(ms).nextOpen(ms) === ms;
}

/** The first open instant at or after `ms`. Throws RangeError when the calendar stays closed for a century. */
export function nextOpen(calendar: Calendar, ms: number): number {
  return calendar.search(calendar.pageAt(ms), (page) => page.nextOpen(ms));
}
