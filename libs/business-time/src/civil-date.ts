/** Dates without a zone, as numbers of days since 1970-01-01, so that calendars count and do not parse. */

export const DAY_MS = 86_400_000;

/** Instants and wall times are limited to the years 0001 to 9999, so that every date has ten characters. */
export const FIRST_MS = -62_135_596_800_000;
export const END_MS = 253_402_300_800_000;

/** The day number of a date `YYYY-MM-DD` that exists; undefined for anything else, such as 30 February. */
export function dayOf(date: string): number | undefined {
  const m = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  const wall = m ? wallOf(Number(m[1]), Number(m[2]), Number(m[3])) : undefined;
  return wall === undefined ? undefined : wall / DAY_MS;
}

/** The day number of `YYYY-MM-DD`. Throws RangeError when there is no such date. */
export function dayNumber(date: string): number {
  const day = dayOf(date);
  if (day === undefined) throw new RangeError(`'${date}' is not a date YYYY-MM-DD`);
  return day;
}

/** `YYYY-MM-DD` of a day number. */
export function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** 0 = Sunday. 1970-01-01 was a Thursday. */
export function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

/** Midnight of a date as if its zone were UTC; undefined when there is no such date. */
export function wallOf(year: number, month: number, day: number): number | undefined {
  // Date.UTC is not used because it takes the years 0 to 99 for 1900 to 1999.
  const d = new Date(0);
  d.setUTCFullYear(year, month - 1, day);
  const same = d.getUTCFullYear() === year && d.getUTCMonth() === month - 1 && d.getUTCDate() === day;
  return same && year >= 1 && year <= 9_999 ? d.getTime() : undefined;
}

/** The last day of a month; a `month` outside 1 to 12 counts on into the neighbouring years. */
export function lastDayOfMonth(year: number, month: number): number {
  const d = new Date(0);
  d.setUTCFullYear(year, month, 0);
  return d.getUTCDate();
}
