import { dateOf, dayNumber } from './civil-date.js';

/** Dates that do not follow their weekday, and the years that have been announced. */
export interface HolidaySet {
  /** `YYYY-MM-DD` → a day off, or a make-up working day (调休). */
  readonly days: ReadonlyMap<string, 'off' | 'work'>;
  readonly years: ReadonlySet<number>;
}

/** One year's announcement, as plain JSON: dates `YYYY-MM-DD` and ranges `YYYY-MM-DD..YYYY-MM-DD`, both ends included. */
export interface HolidayYear {
  readonly year: number;
  readonly off: readonly string[];
  readonly work: readonly string[];
}

/**
 * Joins yearly announcements into a set. When two contain the same date, the later year wins: a notice may change the December before its year (SL-05).
 * Throws RangeError for a text that is no date, a range that ends before it begins, and a date that one announcement declares both off and worked.
 */
export function holidaySetOf(announcements: readonly HolidayYear[]): HolidaySet {
  const days = new Map<string, 'off' | 'work'>();
  for (const { year, off, work } of [...announcements].sort((a, b) => a.year - b.year)) {
    const own = new Map([...off.flatMap(datesOf)].map((date) => [date, 'off' as 'off' | 'work']));
    for (const date of work.flatMap(datesOf)) {
      if (own.has(date)) throw new RangeError(`${date} is both off and worked in the announcement of ${year}`);
      own.set(date, 'work');
    }
    for (const [date, kind] of own) days.set(date, kind);
  }
  return { days, years: new Set(announcements.map((a) => a.year)) };
}

function datesOf(text: string): string[] {
  const [first = '', last = first] = text.split('..');
  const [from, to] = [dayNumber(first), dayNumber(last)];
  if (to < from) throw new RangeError(`'${text}' ends before it begins`);
  return Array.from({ length: to - from + 1 }, (_, i) => dateOf(from + i));
}
