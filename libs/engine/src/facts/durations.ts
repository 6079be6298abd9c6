import { addCalendarDays, addCalendarMonths, endOfWorkingDay } from '@gongdan/business-time';
import { type Instant, iso, ms } from '@gongdan/kernel';
import { type Compiled } from '../model/compiled.js';

const PATTERN = /^([1-9]\d{0,5})(min|h|d|wd|mo)$/;

export function isDuration(text: unknown): text is string {
  return typeof text === 'string' && PATTERN.test(text);
}

/**
 * The instant at which a length of time that began at `from` is over. Minutes and hours are elapsed time, days and months keep the local time of
 * day, working days end with the n-th working day after the day of `from` (processes.md, conventions).
 */
export function after(pack: Compiled, from: Instant, duration: string): Instant {
  const [, digits = '', unit] = PATTERN.exec(duration) ?? [];
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
