export type Weekday = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun';

/**
 * A working calendar as a process pack writes it, plain JSON (SL-03 to SL-05). A span is wall time of the zone, `09:00-12:00`; a day may have
 * several (lunch, split shifts), `24:00` may end one, and a night shift is two spans on two days. For one date the first that speaks counts:
 * its exception, the holiday sets in their order, the weekday.
 */
export interface CalendarDefinition {
  key: string;
  /** IANA zone. */
  zone: string;
  /** `always` is 24×7; a weekday left out is closed. */
  hours: 'always' | { [day in Weekday]?: readonly string[] | undefined };
  /** Named holiday sets; `CN` ships with this library. */
  holidays?: readonly string[] | undefined;
  /** Spans of a make-up working day (调休); Monday's without. */
  makeUpDayHours?: readonly string[] | undefined;
  /** Single dates `YYYY-MM-DD`: off, work (as a make-up day), or spans of their own. */
  exceptions?: Readonly<Record<string, 'off' | 'work' | readonly string[]>> | undefined;
}

/** A mistake in a calendar; `path` names the guilty part (`hours.mon[1]`, `exceptions.2026-02-30`), `rule` says what is wrong with it. */
export class CalendarError extends Error {
  constructor(
    readonly path: string,
    readonly rule: string,
  ) {
    super(`${path}: ${rule}`);
    this.name = 'CalendarError';
  }
}
