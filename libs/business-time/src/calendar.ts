import { CalendarError, type CalendarDefinition, type Weekday } from './calendar-definition.js';
import { dateOf, DAY_MS, dayOf, END_MS, FIRST_MS, weekdayOf } from './civil-date.js';
import { type HolidaySet } from './holidays.js';
import { at, Page } from './page.js';
import { shippedHolidays } from './shipped-holidays.js';
import { type Span, spansIn, WHOLE_DAY } from './spans.js';
import { Zone } from './zone.js';

const WEEKDAYS: readonly Weekday[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

// 22 years of pages: half a megabyte at most for a calendar with many spans.
const MOST_PAGES = 128;
const CENTURY_OF_PAGES = Math.ceil(36_525 / Page.DAYS);

interface Rules {
  readonly key: string;
  readonly zone: Zone;
  readonly week: readonly (readonly Span[])[];
  readonly makeUp: readonly Span[];
  readonly sets: readonly HolidaySet[];
  readonly exceptions: ReadonlyMap<string, readonly Span[]>;
  readonly always: boolean;
}

/** A validated calendar for the functions of this library. Create it once with `compileCalendar` and reuse it: it caches the pages it has computed. */
export class Calendar {
  readonly key: string;
  readonly zone: string;
  /** The calendar is never closed, so open time is plain time. */
  readonly always: boolean;
  private readonly pages = new Map<number, Page>();
  private latest: Page | undefined;

  constructor(private readonly rules: Rules) {
    this.key = rules.key;
    this.zone = rules.zone.name;
    this.always = rules.always;
  }

  /** The page that contains an instant. */
  pageAt(ms: number): Page {
    if (!(ms >= FIRST_MS && ms < END_MS)) throw new RangeError(`${ms} is not an instant of the years 1 to 9999`);
    const page = this.page(Math.floor((ms + this.rules.zone.offsetAt(ms)) / DAY_MS / Page.DAYS));
    return ms < page.end ? page : this.page(page.number + 1);
  }

  /** The day that contains an instant: its local date, except in an hour that occurs again after midnight (see Page). */
  dayAt(ms: number): number {
    const page = this.pageAt(ms);
    const day = Math.max(page.firstDay, Math.floor((ms + this.rules.zone.offsetAt(ms)) / DAY_MS));
    return ms < at(page.starts, day - page.firstDay + 1) ? day : day + 1;
  }

  pageOfDay(day: number): Page {
    return this.page(Math.floor(day / Page.DAYS));
  }

  /**
   * Returns the first result of `find` that is not undefined, page by page from `first` on. Throws RangeError after a century: holidays and exceptions may
   * have closed the calendar for good, and a limit that long is a mistake.
   */
  search<T>(first: Page, find: (page: Page) => T | undefined): T {
    for (let n = first.number; n - first.number <= CENTURY_OF_PAGES; n += 1) {
      const found = find(this.page(n));
      if (found !== undefined) return found;
    }
    throw new RangeError(`calendar ${this.key} does not count more than a century from ${dateOf(first.firstDay)}`);
  }

  coversYear(year: number): boolean {
    return this.rules.sets.every((set) => set.years.has(year));
  }

  private page(n: number): Page {
    if (this.latest?.number === n) return this.latest;
    let page = this.pages.get(n);
    if (page) {
      this.pages.delete(n);
    } else {
      page = new Page(n, this.rules.zone, (day) => this.spansOf(day));
      const oldest = this.pages.size >= MOST_PAGES ? this.pages.keys().next().value : undefined;
      if (oldest !== undefined) this.pages.delete(oldest);
    }
    this.pages.set(n, page);
    this.latest = page;
    return page;
  }

  private spansOf(day: number): readonly Span[] {
    const date = dateOf(day);
    const own = this.rules.exceptions.get(date);
    if (own) return own;
    for (const set of this.rules.sets) {
      const kind = set.days.get(date);
      if (kind) return kind === 'off' ? [] : this.rules.makeUp;
    }
    return this.rules.week[weekdayOf(day)] ?? [];
  }
}

/**
 * Validates a calendar and prepares it for queries. Throws CalendarError with the path of the first mistake: an unknown zone, weekday or holiday set, a
 * malformed span, a span that ends before it begins or overlaps another, a date that does not exist, no working time at all, make-up days without hours.
 */
export function compileCalendar(spec: CalendarDefinition, holidaySets: Readonly<Record<string, HolidaySet>> = shippedHolidays): Calendar {
  if (typeof spec.key !== 'string' || spec.key === '') throw new CalendarError('key', 'is missing');
  const zone = zoneIn(spec);
  const week = weekIn(spec.hours);
  const sets = (spec.holidays ?? []).map((name, i) => {
    const set = Object.hasOwn(holidaySets, name) ? holidaySets[name] : undefined;
    if (!set) throw new CalendarError(`holidays[${i}]`, `no holiday set '${name}'`);
    return set;
  });
  const makeUp = spec.makeUpDayHours === undefined ? (week[1] ?? []) : spansIn(spec.makeUpDayHours, 'makeUpDayHours');
  const exceptions = exceptionsIn(spec, makeUp);
  const needsMakeUpHours =
    sets.some((set) => [...set.days.values()].includes('work')) || Object.values(spec.exceptions ?? {}).includes('work');
  if (needsMakeUpHours && makeUp.length === 0)
    throw new CalendarError('makeUpDayHours', 'is required: make-up days have the hours of Monday, and Monday is closed');
  const always = spec.hours === 'always' && sets.length === 0 && exceptions.size === 0;
  return new Calendar({ key: spec.key, zone, week, makeUp, sets, exceptions, always });
}

/**
 * False when a holiday set of the calendar has no data for the year: then only weekdays count, and an operator should be warned (SL-05; China announces
 * the holidays of a year in the November before it). True for a calendar without holiday sets.
 */
export function holidayCoverage(calendar: Calendar, year: number): boolean {
  return calendar.coversYear(year);
}

function zoneIn(spec: CalendarDefinition): Zone {
  try {
    return Zone.of(spec.zone);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new CalendarError('zone', cause.message);
  }
}

function weekIn(hours: CalendarDefinition['hours']): readonly (readonly Span[])[] {
  if (hours === 'always') return WEEKDAYS.map(() => WHOLE_DAY);
  if (typeof hours !== 'object' || hours === null || Array.isArray(hours))
    throw new CalendarError('hours', "is neither 'always' nor spans by weekday");
  const unknown = Object.keys(hours).find((day) => !WEEKDAYS.some((d) => d === day));
  if (unknown !== undefined) throw new CalendarError(`hours.${unknown}`, `is not a weekday; weekdays are ${WEEKDAYS.join(', ')}`);
  const week = WEEKDAYS.map((day) => (hours[day] === undefined ? [] : spansIn(hours[day], `hours.${day}`)));
  if (week.every((spans) => spans.length === 0)) throw new CalendarError('hours', 'no working time on any day of the week');
  return week;
}

function exceptionsIn(spec: CalendarDefinition, makeUp: readonly Span[]): Map<string, readonly Span[]> {
  const exceptions = new Map<string, readonly Span[]>();
  for (const [date, what] of Object.entries(spec.exceptions ?? {})) {
    const path = `exceptions.${date}`;
    if (dayOf(date) === undefined) throw new CalendarError(path, 'is not a date YYYY-MM-DD');
    if (typeof what === 'string' && what !== 'off' && what !== 'work') throw new CalendarError(path, "is neither 'off', 'work' nor spans");
    exceptions.set(date, what === 'off' ? [] : what === 'work' ? makeUp : spansIn(what, path));
  }
  return exceptions;
}
