import { CalendarError, type CalendarDefinition, type Weekday } from './calendar-definition.js';
import { dateOf, DAY_MS, dayOf, END_MS, FIRST_MS, weekdayOf } from './civil-date.js';
import { type HolidaySet } from './holidays.js';
import { at, Page } from './page.js';
import { shippedHolidays } from './shipped-holidays.js';
import { type Span, spansIn, WHOLE_DAY } from './spans.js';
import { Zone } from './zone.js';

const WEEKDAYS: readonly Weekday[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

// 22 years of pages, about half a megabyte of a busy calendar at most.
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

/** A checked calendar, ready to be asked by the functions of this library; make it with `compileCalendar` and keep it, it remembers what it worked out. */
export class Calendar {
  readonly key: string;
  readonly zone: string;
  /** Never closed, so that open time is plain time. */
  readonly always: boolean;
  private readonly pages = new Map<number, Page>();
  private latest: Page | undefined;

  constructor(private readonly rules: Rules) {
    this.key = rules.key;
    this.zone = rules.zone.name;
    this.always = rules.always;
  }

  /** The page an instant lies in. */
  pageAt(ms: number): Page {
    if (!(ms >= FIRST_MS && ms < END_MS)) throw new RangeError(`${ms} is not an instant of the years 1 to 9999`);
    const page = this.page(Math.floor((ms + this.rules.zone.offsetAt(ms)) / DAY_MS / Page.DAYS));
    return ms < page.end ? page : this.page(page.number + 1);
  }

  /** The day an instant lies in: its local date, but for an hour the wall shows again after midnight (see Page). */
  dayAt(ms: number): number {
    const page = this.pageAt(ms);
    const day = Math.max(page.firstDay, Math.floor((ms + this.rules.zone.offsetAt(ms)) / DAY_MS));
    return ms < at(page.starts, day - page.firstDay + 1) ? day : day + 1;
  }

  pageOfDay(day: number): Page {
    return this.page(Math.floor(day / Page.DAYS));
  }

  /**
   * What `look` finds on the first page, from `first` on, where it finds anything. A century is the guard against a calendar that holidays
   * and exceptions have closed for good, and against limits nobody meant: RangeError.
   */
  search<T>(first: Page, look: (page: Page) => T | undefined): T {
    for (let n = first.number; n - first.number <= CENTURY_OF_PAGES; n += 1) {
      const found = look(this.page(n));
      if (found !== undefined) return found;
    }
    throw new RangeError(`calendar ${this.key} does not count further than a century from ${dateOf(first.firstDay)}`);
  }

  announces(year: number): boolean {
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
 * Checks a calendar and makes it fast to ask. Throws CalendarError with the path of the first mistake: an unknown zone, weekday or holiday set, a
 * span that is none, ends before it begins or overlaps another, a date that does not exist, no working time at all, make-up days without hours.
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
  const asksMakeUp = sets.some((set) => [...set.days.values()].includes('work')) || Object.values(spec.exceptions ?? {}).includes('work');
  if (asksMakeUp && makeUp.length === 0)
    throw new CalendarError('makeUpDayHours', 'is needed: make-up days are worked as Monday is, and Monday is closed');
  const always = spec.hours === 'always' && sets.length === 0 && exceptions.size === 0;
  return new Calendar({ key: spec.key, zone, week, makeUp, sets, exceptions, always });
}

/**
 * False when a holiday set of the calendar says nothing about the year: then only weekdays count, and somebody should be warned (SL-05;
 * China announces a year in the November before it). True for a calendar without holiday sets.
 */
export function holidayCoverage(calendar: Calendar, year: number): boolean {
  return calendar.announces(year);
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
  const stranger = Object.keys(hours).find((day) => !WEEKDAYS.some((d) => d === day));
  if (stranger !== undefined) throw new CalendarError(`hours.${stranger}`, `is not a weekday; weekdays are ${WEEKDAYS.join(', ')}`);
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
