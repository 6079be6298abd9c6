import { addCalendarDays, addCalendarMonths, addOpenTime, type Calendar, endOfWorkingDay, openTimeBetween, workingDaysBetween } from '@gongdan/business-time';
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
  if (c.kind === 'working-days') return iso(endOfWorkingDay(c.calendar, ms(resumedAt), left));
  return iso(ms(resumedAt) + left);
}

export interface Point {
  key: string;
  at: Instant;
}

/** Key of the point at which a promise is broken. */
export const DUE = 'due';

/** Warnings and the breach of one generation, earliest first. A warning that would lie before the start falls on the start. */
export function pointsOf(spec: Pick<ClockSpec, 'warnings'>, c: Counting, startedAt: Instant, dueAt: Instant): Point[] {
  const [start, due] = [ms(startedAt), ms(dueAt)];
  const open = c.kind === 'hours' || c.kind === 'working-days';
  const warnings = spec.warnings.map((w): Point => {
    if ('ratio' in w) {
      const whole = open ? openTimeBetween(c.calendar, start, due) : due - start;
      return { key: w.key, at: iso(open ? addOpenTime(c.calendar, start, Math.round(whole * w.ratio)) : start + Math.round(whole * w.ratio)) };
    }
    const before = 'hours' in w.before ? w.before.hours * 3_600_000 : w.before.minutes * 60_000;
    const whole = open ? openTimeBetween(c.calendar, start, due) : due - start;
    const after = Math.max(0, whole - before);
    return { key: w.key, at: iso(open ? addOpenTime(c.calendar, start, after) : start + after) };
  });
  return [...warnings, { key: DUE, at: dueAt }].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}
