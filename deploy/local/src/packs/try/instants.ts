import { addCalendarDays, addCalendarMonths, compileCalendar, endOfWorkingDay, instantOfLocal, localParts } from '@gongdan/business-time';
import { type PackFormat2 } from '@gongdan/packs/format2';

/** An instant as the people of the pack read it. */
export function localOf(pack: PackFormat2, at: string): string {
  const { year, month, day, hour, minute } = localParts(pack.pack.zone, Date.parse(at));
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}`;
}

/** `30min`, `4h`, `3d`, `2wd`, `1mo` from `from` on, or a local instant such as `2026-03-09T10:00`; undefined for anything else. */
export function instantOf(pack: PackFormat2, from: number, text: string): number | undefined {
  const { zone } = pack.pack;
  const [, digits = '', unit = ''] = /^(\d{1,5})(min|h|d|wd|mo)$/.exec(text) ?? [];
  const n = Number(digits);
  if (unit === 'min' || unit === 'h') return from + n * (unit === 'h' ? 3_600_000 : 60_000);
  if (unit === 'd') return addCalendarDays(zone, from, n);
  if (unit === 'mo') return addCalendarMonths(zone, from, n);
  if (unit === 'wd') {
    const own = pack.sla?.calendars.find((c) => c.key === pack.pack.calendar);
    return endOfWorkingDay(compileCalendar(own ?? { key: 'every-day', zone, hours: 'always' }), from, n);
  }
  const [, date = '', time = '00:00'] = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d))?$/.exec(text) ?? [];
  if (date === '' || Number.isNaN(Date.parse(`${date}T${time}:00Z`))) return undefined;
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  return instantOfLocal(zone, { year, month, day, hour, minute, second: 0 });
}
