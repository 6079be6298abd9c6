export type Weekday = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun';

/**
 * A working calendar as a process pack contains it, plain JSON (SL-03 to SL-05). A span is wall time of the zone, `09:00-12:00`; a day may have several spans
 * (lunch, split shifts), `24:00` may end a span, and a night shift is two spans on two days. The hours of a date come from the first of these that has an
 * entry for it: the exceptions, the holiday sets in their order, the weekday.
 */
export interface CalendarDefinition {
  key: string;
  /** IANA zone. */
  zone: string;
  /** `always` is 24×7; a weekday without an entry is closed. */
  hours: 'always' | { [day in Weekday]?: readonly string[] | undefined };
  /** Names of holiday sets; `CN` is part of this library. */
  holidays?: readonly string[] | undefined;
  /** Spans of a make-up working day (调休); without them it has the spans of Monday. */
  makeUpDayHours?: readonly string[] | undefined;
  /** Single dates `YYYY-MM-DD`: `off`, `work` (like a make-up day), or spans of their own. */
  exceptions?: Readonly<Record<string, 'off' | 'work' | readonly string[]>> | undefined;
}

/** A mistake in a calendar. `path` names the invalid part (`hours.mon[1]`, `exceptions.2026-02-30`), `rule` explains what is wrong with it. */
export class CalendarError extends Error {
  constructor(
    readonly path: string,
    readonly rule: string,
  ) {
    super(`${path}: ${rule}`);
    this.name = 'CalendarError';
  }
}
