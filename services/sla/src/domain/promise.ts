import {
  addCalendarDays,
  addCalendarMonths,
  addOpenTime,
  type Calendar,
  endOfWorkingDay,
  instantOfLocal,
  isWorkingDay,
  localDate,
  localParts,
  openTimeBetween,
  workingDaysBetween,
} from '@gongdan/business-time';
import { type Instant, iso, ms } from '@gongdan/kernel';
import { type ClockSpec } from '@gongdan/packs';

/**
 * When a promise is due. A *limit* is what the pack declares (F1–F20). Its *kind* is how it is counted: open hours of a calendar, ends of working days,
 * calendar days, calendar months, or an instant that came with the ticket.
 */
export type Kind = 'hours' | 'working-days' | 'calendar-days' | 'calendar-months' | 'fixed';
export type Limit = Exclude<ClockSpec['limit'], readonly unknown[]>;

export interface Counting {
  kind: Kind;
  calendar: Calendar;
}

export function kindOf(limit: Limit): Kind {
  if ('workingDays' in limit) return 'working-days';
  if ('days' in limit) return 'calendar-days';
  if ('months' in limit) return 'calendar-months';
  if ('today' in limit) return 'calendar-days';
  return 'ticket' in limit || 'field' in limit ? 'fixed' : 'hours';
}

/** The due instant of a promise that starts at `from`. `given` is the instant of a limit that is not computed; undefined when there is none. */
export function dueOf(limit: Limit, calendar: Calendar, from: Instant, given: Instant | undefined): Instant | undefined {
  const at = ms(from);
  if ('minutes' in limit) return iso(addOpenTime(calendar, at, limit.minutes * 60_000));
  if ('hours' in limit) return iso(addOpenTime(calendar, at, limit.hours * 3_600_000));
  if ('workingDays' in limit) return iso(endOfWorkingDay(calendar, at, limit.workingDays));
  if ('days' in limit) return iso(addCalendarDays(calendar.zone, at, limit.days));
  if ('today' in limit) return endOfDay(calendar.zone, at);
  if ('months' in limit) return iso(addCalendarMonths(calendar.zone, at, limit.months));
  return given;
}

// The midnight that ends the local day.
function endOfDay(zone: string, at: number): Instant {
  const { year, month, day } = localParts(zone, at);
  return iso(addCalendarDays(zone, instantOfLocal(zone, { year, month, day, hour: 0, minute: 0, second: 0 }), 1));
}

/** What is left of a promise at a pause: open milliseconds, working days, or plain milliseconds, depending on the kind. */
export function leftAt(c: Counting, pausedAt: Instant, dueAt: Instant): number {
  const [paused, due] = [ms(pausedAt), ms(dueAt)];
  if (paused >= due) return 0;
  if (c.kind === 'hours') return openTimeBetween(c.calendar, paused, due);
  // The due instant is the midnight that ends the last day; one millisecond earlier is within that day.
  if (c.kind === 'working-days') return workingDaysBetween(c.calendar, paused, due - 1);
  return due - paused;
}

/** The due instant after a pause. It does not move for a promise that was overdue before the pause, and for a fixed one. */
export function dueAfterPause(c: Counting, left: number, resumedAt: Instant, dueBefore: Instant, overdue: boolean): Instant {
  if (overdue || c.kind === 'fixed') return dueBefore;
  if (c.kind === 'hours') return iso(addOpenTime(c.calendar, ms(resumedAt), left));
  if (c.kind === 'working-days') return iso(endOfWorkingDay(c.calendar, ms(resumedAt), Math.max(left, restOfDay(c.calendar, resumedAt))));
  return iso(ms(resumedAt) + left);
}

/** A promise with 0 working days left is due at the end of the current working day; when it resumes on a day off, at the end of the next one. */
function restOfDay(calendar: Calendar, at: Instant): 0 | 1 {
  return isWorkingDay(calendar, localDate(calendar.zone, ms(at))) ? 0 : 1;
}

export interface Point {
  key: string;
  at: Instant;
}

/** Key of the point at which the promise is broken. */
export const DUE = 'due';

/** How much of a promise burns between two instants: open time for hours and working days, plain time for the other kinds. */
export function burning(c: Counting, from: Instant, to: Instant): number {
  const [a, b] = [ms(from), ms(to)];
  return c.kind === 'hours' || c.kind === 'working-days' ? openTimeBetween(c.calendar, a, b) : Math.max(0, b - a);
}

/** The properties of a clock on which the points of its running generation depend. */
export interface Run {
  sinceAt: Instant;
  dueAt: Instant;
  whole: number | undefined;
  warned: readonly string[];
  breachedAt: Instant | undefined;
}

/** For an imported ticket: when sla received it, and when the promise is known to have ended. */
export interface History {
  seenAt: Instant;
  endsAt: Instant | undefined;
}

/**
 * The warnings and the breach that may still fire, earliest first. A warning is due when its share of the whole limit has burnt, without the pauses, or so long before the end. A
 * warning whose instant has passed before this generation is due at the start of the generation; a warning that would not precede the breach is left out.
 * For an imported ticket, warnings from before sla received it are left out, and a promise that is known to be kept has no points, because the event that
 * ends it may arrive later.
 */
export function pointsOf(spec: Pick<ClockSpec, 'warnings'>, c: Counting, run: Run, history?: History): Point[] {
  if (run.breachedAt !== undefined) return [];
  if (history?.endsAt !== undefined && ms(history.endsAt) >= ms(run.sinceAt) && ms(history.endsAt) <= ms(run.dueAt)) return [];
  const rest = burning(c, run.sinceAt, run.dueAt);
  const warnings = spec.warnings
    .filter((w) => !run.warned.includes(w.key))
    .map((w): Point => ({ key: w.key, at: warningAt(w, c, run, rest) }))
    .filter((w) => ms(w.at) < ms(run.dueAt) && (history === undefined || ms(w.at) > ms(history.seenAt)));
  return [...warnings, { key: DUE, at: run.dueAt }].sort((a, b) => ms(a.at) - ms(b.at));
}

type Warning = ClockSpec['warnings'][number];

function warningAt(w: Warning, c: Counting, { sinceAt, dueAt, whole }: Run, rest: number): Instant {
  const whenLeft = (left: number): Instant => afterBurning(c, sinceAt, Math.max(0, rest - left));
  if ('ratio' in w) return whenLeft((whole ?? rest) - Math.round((whole ?? rest) * w.ratio));
  // Days before the end are days on the wall, whatever the clock counts: a week before a permit ends, at the same time of day.
  if ('days' in w.before) return iso(Math.max(ms(sinceAt), addCalendarDays(c.calendar.zone, ms(dueAt), -w.before.days)));
  return whenLeft('hours' in w.before ? w.before.hours * 3_600_000 : w.before.minutes * 60_000);
}

function afterBurning(c: Counting, from: Instant, amount: number): Instant {
  return iso(c.kind === 'hours' || c.kind === 'working-days' ? addOpenTime(c.calendar, ms(from), amount) : ms(from) + amount);
}
