import { localParts } from '@gongdan/business-time';
import { type Instant, ms } from '@gongdan/kernel';
import { type Shift, type Weekday, WEEKDAYS } from './rows.js';

const DAY = 24 * 60;
const SPAN = /^([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/;

/** Minutes of the day, or undefined for a text that is no span. */
export function spanOf(text: string): { from: number; to: number } | undefined {
  const found = SPAN.exec(text);
  if (found === null) return undefined;
  const [, fromHour, fromMinute, toHour, toMinute] = found;
  return {
    from: Number(fromHour) * 60 + Number(fromMinute),
    to: toHour === undefined ? DAY : Number(toHour) * 60 + Number(toMinute),
  };
}

/** Whether the shift is on at the instant: a span includes its first minute and ends just before its last. */
export function onShift(shift: Shift, zone: string, at: Instant): boolean {
  const { year, month, day, hour, minute } = localParts(zone, ms(at));
  const now = hour * 60 + minute;
  const weekday = (new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7;
  const today = spansOf(shift, WEEKDAYS[weekday]);
  if (today.some(({ from, to }) => now >= from && (to > from ? now < to : true))) return true;
  return spansOf(shift, WEEKDAYS[(weekday + 6) % 7]).some(({ from, to }) => to <= from && now < to);
}

function spansOf(shift: Shift, day: Weekday | undefined): { from: number; to: number }[] {
  return (day === undefined ? [] : (shift[day] ?? [])).flatMap((text) => spanOf(text) ?? []);
}
