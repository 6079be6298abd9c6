import {
  addCalendarDays,
  addCalendarMonths,
  addOpenTime,
  type Calendar,
  endOfWorkingDay,
  isWorkingDay,
  localDate,
  openTimeBetween,
  workingDaysBetween,
} from '@gongdan/business-time';
import { type Instant, iso, ms } from '@gongdan/kernel';
import { type ClockSpec } from '@gongdan/packs';

/**
 * When a promise is due. Vocabulary: a *limit* is what the pack says (F1–F20), its *kind* how it is counted: open hours of a calendar, ends
 * of working days, calendar days, calendar months, or an instant the ticket brought along.
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
  return 'ticket' in limit ? 'fixed' : 'hours';
}

/** Undefined when the ticket does not bring the instant the limit asks for. */
export function dueOf(limit: Limit, calendar: Calendar, from: Instant, ticketDue: Instant | undefined): Instant | undefined {
  const at = ms(from);
  if ('minutes' in limit) return iso(addOpenTime(calendar, at, limit.minutes * 60_000));
  if ('hours' in limit) return iso(addOpenTime(calendar, at, limit.hours * 3_600_000));
  if ('workingDays' in limit) return iso(endOfWorkingDay(calendar, at, limit.workingDays));
  if ('days' in limit) return iso(addCalendarDays(calendar.zone, at, limit.days));
  if ('months' in limit) return iso(addCalendarMonths(calendar.zone, at, limit.months));
  return ticketDue;
}

/** What was left of a promise when it paused: open milliseconds, working days, or plain milliseconds, by kind. */
export function leftAt(c: Counting, pausedAt: Instant, dueAt: Instant): number {
  const [paused, due] = [ms(pausedAt), ms(dueAt)];
  if (paused >= due) return 0;
  if (c.kind === 'hours') return openTimeBetween(c.calendar, paused, due);
  // The due instant is the midnight that ends the last day: one millisecond earlier lies in it.
  if (c.kind === 'working-days') return workingDaysBetween(c.calendar, paused, due - 1);
  return due - paused;
}

/** The due instant after a pause; a promise that was over before the pause, and one that is fixed, does not move. */
export function dueAfterPause(c: Counting, left: number, resumedAt: Instant, dueBefore: Instant, overdue: boolean): Instant {
  if (overdue || c.kind === 'fixed') return dueBefore;
  if (c.kind === 'hours') return iso(addOpenTime(c.calendar, ms(resumedAt), left));
  if (c.kind === 'working-days') return iso(endOfWorkingDay(c.calendar, ms(resumedAt), Math.max(left, restOfDay(c.calendar, resumedAt))));
  return iso(ms(resumedAt) + left);
}

/** The rest of a working day (0 more days) needs a working day to lie on: resumed on a day off it is the next one. */
function restOfDay(calendar: Calendar, at: Instant): 0 | 1 {
  return isWorkingDay(calendar, localDate(calendar.zone, ms(at))) ? 0 : 1;
}

export interface Point {
  key: string;
  at: Instant;
}

/** Key of the point at which a promise is broken. */
export const DUE = 'due';

/** What of a promise burns between two instants: open time where a calendar counts, plain time where days and months do. */
export function burning(c: Counting, from: Instant, to: Instant): number {
  const [a, b] = [ms(from), ms(to)];
  return c.kind === 'hours' || c.kind === 'working-days' ? openTimeBetween(c.calendar, a, b) : Math.max(0, b - a);
}

/** What the points of a running generation depend on. */
export interface Run {
  sinceAt: Instant;
  dueAt: Instant;
  whole: number | undefined;
  warned: readonly string[];
  breachedAt: Instant | undefined;
}

/** Of an imported ticket: when we heard of it, and when it is known to have ended the promise. */
export interface History {
  seenAt: Instant;
  endsAt: Instant | undefined;
}

/**
 * Warnings and the breach that may still fire, earliest first. A warning stands where its share of the whole limit has burnt, pauses left out; one
 * that was missed meanwhile falls on the start of the generation, and one that would not come before the breach is none. Of imported history what
 * lies before it was heard warns nobody, and a promise it is known to have kept has no points: the event that ends it may come a moment late.
 */
export function pointsOf(spec: Pick<ClockSpec, 'warnings'>, c: Counting, run: Run, history?: History): Point[] {
  if (run.breachedAt !== undefined) return [];
  if (history?.endsAt !== undefined && ms(history.endsAt) >= ms(run.sinceAt) && ms(history.endsAt) <= ms(run.dueAt)) return [];
  const rest = burning(c, run.sinceAt, run.dueAt);
  const warnings = spec.warnings
    .filter((w) => !run.warned.includes(w.key))
    .map((w): Point => ({ key: w.key, at: afterBurning(c, run.sinceAt, Math.max(0, rest - restAtWarning(w, run.whole ?? rest))) }))
    .filter((w) => ms(w.at) < ms(run.dueAt) && (history === undefined || ms(w.at) > ms(history.seenAt)));
  return [...warnings, { key: DUE, at: run.dueAt }].sort((a, b) => ms(a.at) - ms(b.at));
}

function restAtWarning(w: ClockSpec['warnings'][number], whole: number): number {
  if ('ratio' in w) return whole - Math.round(whole * w.ratio);
  return 'hours' in w.before ? w.before.hours * 3_600_000 : w.before.minutes * 60_000;
}

function afterBurning(c: Counting, from: Instant, amount: number): Instant {
  return iso(c.kind === 'hours' || c.kind === 'working-days' ? addOpenTime(c.calendar, ms(from), amount) : ms(from) + amount);
}
