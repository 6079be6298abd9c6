import { addCalendarDays, addCalendarMonths, dayOf, endOfWorkingDay, instantOfLocal } from '@gongdan/business-time';
import { DURATION, isInstant } from '@gongdan/packs/format2';
import { type Instant, iso, ms } from '@gongdan/kernel';
import { type Compiled } from '../model/compiled.js';

export function isDuration(text: unknown): text is string {
  return typeof text === 'string' && DURATION.test(text);
}

/**
 * The instant at which a length of time that began at `from` is over. Minutes and hours are elapsed time, days and months keep the local time of
 * day, working days end with the n-th working day after the day of `from` (processes.md, conventions).
 */
export function after(pack: Compiled, from: Instant, duration: string): Instant {
  const [, digits = '', unit] = DURATION.exec(duration) ?? [];
  const n = Number(digits);
  const at = ms(from);
  switch (unit) {
    case 'min':
      return iso(at + n * 60_000);
    case 'h':
      return iso(at + n * 3_600_000);
    case 'd':
      return iso(addCalendarDays(pack.zone, at, n));
    case 'wd':
      return iso(endOfWorkingDay(pack.calendar, at, n));
    case 'mo':
      return iso(addCalendarMonths(pack.zone, at, n));
    default:
      throw new TypeError(`${duration} is not a length of time`);
  }
}

/** The instant that a value names: an instant, the midnight at which a date begins in the zone of the pack, or the end of a length of time from `from`. Undefined for anything else. */
export function momentOf(pack: Compiled, from: Instant, value: unknown): Instant | undefined {
  if (typeof value !== 'string') return undefined;
  if (DURATION.test(value)) return after(pack, from, value);
  if (dayOf(value) === undefined) return isInstant(value) ? iso(Date.parse(value)) : undefined;
  const [year = 0, month = 0, day = 0] = value.split('-').map(Number);
  return iso(instantOfLocal(pack.zone, { year, month, day, hour: 0, minute: 0, second: 0 }));
}
