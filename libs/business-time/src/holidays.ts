import { CN_OFF, CN_WORK, CN_YEARS } from './holidays-cn.js';

/** Dates that differ from their weekday. */
export interface HolidaySet {
  readonly days: ReadonlyMap<string, 'off' | 'work'>;
  /** Years somebody has announced. */
  readonly years: ReadonlySet<number>;
}

function setOf(years: readonly number[], off: Record<string, string>, work: Record<string, string>): HolidaySet {
  const days = new Map<string, 'off' | 'work'>();
  const add = (months: Record<string, string>, kind: 'off' | 'work'): void => {
    for (const [month, list] of Object.entries(months)) for (const day of list.split(' ')) days.set(`${month}-${day}`, kind);
  };
  add(off, 'off');
  add(work, 'work');
  return { days, years: new Set(years) };
}

export const shippedHolidays: Readonly<Record<string, HolidaySet>> = { CN: setOf(CN_YEARS, CN_OFF, CN_WORK) };
