import { type Calendar, compileCalendar, dateOf, dayNumber, instantOfLocal, isWorkingDay, localDate } from '@gongdan/business-time';
import { dayTest } from './days.js';
import { type Plan } from './plan.js';

/** What the days of a plan depend on beside the plan itself. */
export interface PlanSetting {
  zone: string;
  /** The calendar in which working days are counted; absent when the pack has none. */
  calendar?: Calendar | undefined;
}

/** A plan that does not occur for so many days does not occur any more: the check refuses intervals of more than ten years. */
const HORIZON_DAYS = 12 * 366;
const DAY_MS = 86_400_000;
/** The last day whose times every zone can tell: calendars end with the year 9999. */
const LAST_DAY = dayNumber('9999-12-29');
/** The longest run of days off that moves work: nobody closes for longer and keeps the plan. */
const LONGEST_PAUSE = 60;

/** The setting of the plans of a pack. */
export function settingOf(pack: {
  pack: { zone: string; calendar?: string | undefined };
  sla?: { calendars: readonly ({ key: string } & Parameters<typeof compileCalendar>[0])[] } | undefined;
}): PlanSetting {
  const definition = pack.sla?.calendars.find((c) => c.key === pack.pack.calendar);
  return { zone: pack.pack.zone, calendar: definition && compileCalendar(definition) };
}

/**
 * The instants of the plan after an instant, ascending, each once, until an instant (included). A time that the day skips in spring moves forward by the
 * length of the gap, and one that the day has twice in autumn occurs once, at the first (`instantOfLocal`). Ends when the plan has not occurred for twelve years.
 */
export function* occurrences(plan: Plan, setting: PlanSetting, after: number, until = Infinity): Generator<number> {
  const end = Math.min(LAST_DAY, plan.to === undefined ? LAST_DAY : dayNumber(plan.to));
  if (after / DAY_MS > LAST_DAY) return;
  const occurs = occursOn(plan, setting);
  const times = timesOf(plan);
  // A gap after midnight can move a time of yesterday into today.
  let day = Math.max(dayNumber(localDate(setting.zone, after)) - 1, plan.from === undefined ? -Infinity : dayNumber(plan.from));
  let [last, lastDay] = [after, day];
  for (; day <= end && day - lastDay <= HORIZON_DAYS; day += 1) {
    if (!occurs(day)) continue;
    lastDay = day;
    const [year = 0, month = 0, date = 0] = dateOf(day).split('-').map(Number);
    // Sorted once more: a time that moves out of a gap may come after a later one.
    const instants = times.map(([hour, minute]) => instantOfLocal(setting.zone, { year, month, day: date, hour, minute, second: 0 }));
    for (const at of instants.sort((a, b) => a - b)) {
      if (at > until) return;
      if (at > last) yield at;
      last = Math.max(last, at);
    }
  }
}

/** The first `count` instants after an instant. */
export function nextOccurrences(plan: Plan, setting: PlanSetting, after: number, count: number, until = Infinity): number[] {
  const found: number[] = [];
  if (count <= 0) return found;
  for (const at of occurrences(plan, setting, after, until)) if (found.push(at) >= count) break;
  return found;
}

function timesOf(plan: Plan): [hour: number, minute: number][] {
  return [...new Set([plan.at].flat())].sort().map((t) => [Number(t.slice(0, 2)), Number(t.slice(3))]);
}

/** Whether the plan occurs on a day, by its number. What moves is looked for from the day where it arrives, so that no day is counted twice. */
function occursOn(plan: Plan, { calendar }: PlanSetting): (day: number) => boolean {
  const planned = dayTest(plan);
  const except = exceptionsOf(plan);
  const works = (day: number): boolean => calendar === undefined || isWorkingDay(calendar, dateOf(day));
  const moved = (day: number, step: 1 | -1): boolean => {
    for (let d = day; ; d += step) {
      if (planned(d)) return true;
      if (works(d + step) || Math.abs(d + step - day) > LONGEST_PAUSE) return false;
    }
  };
  return (day) => {
    if (except(day)) return false;
    switch (plan.workingDays) {
      case undefined:
        return planned(day);
      case 'only':
        return planned(day) && works(day);
      case 'next':
        return works(day) && moved(day, -1);
      case 'previous':
        return works(day) && moved(day, 1);
    }
  };
}

function exceptionsOf(plan: Plan): (day: number) => boolean {
  const spans = (plan.except ?? []).map((e) => {
    const [from = '', to = from] = e.split('..');
    return [dayNumber(from), dayNumber(to)] as const;
  });
  return (day) => spans.some(([from, to]) => day >= from && day <= to);
}
