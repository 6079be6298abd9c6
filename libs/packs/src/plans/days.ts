import { dayNumber, lastDayOfMonth, weekdayOf } from '@gongdan/business-time';
import { ORDINALS, type Plan, WEEKDAYS } from './plan.js';

export type Unit = 'day' | 'week' | 'month' | 'year';

/** The parts of `every`: `2 weeks` is 2 and week. */
export function intervalOf(every: string): { count: number; unit: Unit } {
  const [a = '', b] = every.split(' ');
  return b === undefined ? { count: 1, unit: a as Unit } : { count: Number(a), unit: b.slice(0, -1) as Unit };
}

/** Whether `every` and `on` name a day, by its number. An interval counts from the day, week, month or year of `from`. */
export function dayTest(plan: Plan): (day: number) => boolean {
  const { count, unit } = intervalOf(plan.every);
  const anchor = plan.from === undefined ? 0 : dayNumber(plan.from);
  const on = [plan.on ?? []].flat();
  const inTurn = (n: number, first: number): boolean => count === 1 || (((n - first) % count) + count) % count === 0;
  if (unit === 'day') return (day) => inTurn(day, anchor);
  if (unit === 'week') {
    const days = new Set(on.map((d) => WEEKDAYS.findIndex((w) => w === d)));
    return (day) => days.has(mondayBased(day)) && inTurn(weekOf(day), weekOf(anchor));
  }
  const from = civil(anchor);
  if (unit === 'month')
    return (day) => {
      const { year, month, date } = civil(day);
      return inTurn(year * 12 + month, from.year * 12 + from.month) && on.some((o) => isDayOfMonth(o, day, year, month, date));
    };
  const dates = new Set(on.map((o) => Number(String(o).slice(0, 2)) * 100 + Number(String(o).slice(3))));
  return (day) => {
    const { year, month, date } = civil(day);
    return dates.has(month * 100 + date) && inTurn(year, from.year);
  };
}

function isDayOfMonth(on: string | number, day: number, year: number, month: number, date: number): boolean {
  if (typeof on === 'number') return date === on;
  const last = lastDayOfMonth(year, month);
  if (on === 'last') return date === last;
  const [ordinal, weekday] = on.split('-');
  if (WEEKDAYS[mondayBased(day)] !== weekday) return false;
  return ordinal === 'last' ? date > last - 7 : Math.ceil(date / 7) === ORDINALS.findIndex((o) => o === ordinal) + 1;
}

function civil(day: number): { year: number; month: number; date: number } {
  const at = new Date(day * 86_400_000);
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, date: at.getUTCDate() };
}

const mondayBased = (day: number): number => (weekdayOf(day) + 6) % 7;
/** Number of the week that begins on Monday; day 0 was a Thursday. */
const weekOf = (day: number): number => Math.floor((day + 3) / 7);
