import { shippedHolidays, type HolidaySet } from './holidays.js';
import { addDays, instantOfWall, mustBeZone } from './zone.js';

const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** A working calendar as a process pack writes it (product.md, `sla`; SL-04, SL-05). */
export interface CalendarSpec {
  key: string;
  /** IANA zone; spans are wall-clock times in it. */
  zone: string;
  /** `always` is 24×7. Spans like `09:00-12:00`; several a day; `24:00` may end one. */
  hours: 'always' | { [day in Weekday]?: readonly string[] | undefined };
  /** Named holiday sets; `CN` ships with this library. */
  holidays?: readonly string[] | undefined;
  /** Spans of a make-up working day; Monday's without. */
  makeUpDayHours?: readonly string[] | undefined;
  /** Single dates: off, work (as a make-up day), or spans of their own. */
  exceptions?: Readonly<Record<string, 'off' | 'work' | readonly string[]>> | undefined;
}

/** A mistake in a calendar, with the path of the guilty part. */
export class CalendarError extends Error {
  constructor(
    readonly path: string,
    readonly rule: string,
  ) {
    super(`${path}: ${rule}`);
  }
}

/** Minutes of a day from..to. */
type Span = readonly [number, number];

export interface Calendar {
  readonly key: string;
  readonly zone: string;
  readonly always: boolean;
  /** Open spans of a local date as instants, in order. */
  spansOf(date: string): readonly (readonly [number, number])[];
  isWorkingDay(date: string): boolean;
  readonly holidaySets: readonly HolidaySet[];
}

const MOST_DAYS = 4_000;

/** Checks a calendar and makes it fast to ask; throws CalendarError. */
export function compileCalendar(spec: CalendarSpec, holidaySets: Readonly<Record<string, HolidaySet>> = shippedHolidays): Calendar {
  try {
    mustBeZone(spec.zone);
  } catch {
    throw new CalendarError('zone', `'${spec.zone}' is not an IANA time zone`);
  }
  const sets = (spec.holidays ?? []).map((name, i) => {
    const set = Object.hasOwn(holidaySets, name) ? holidaySets[name] : undefined;
    if (!set) throw new CalendarError(`holidays[${i}]`, `no holiday set '${name}'`);
    return set;
  });
  const always = spec.hours === 'always';
  const week = WEEKDAYS.map((day) => (spec.hours === 'always' ? [[0, 1_440] as Span] : spansIn(spec.hours[day] ?? [], `hours.${day}`)));
  const makeUp = spec.makeUpDayHours ? spansIn(spec.makeUpDayHours, 'makeUpDayHours') : (week[1] ?? []);
  const exceptions = new Map<string, readonly Span[]>();
  for (const [date, what] of Object.entries(spec.exceptions ?? {})) {
    if (Number.isNaN(Date.parse(`${date}T00:00:00Z`)) || !/^\d{4}-\d{2}-\d{2}$/.test(date)) throw new CalendarError(`exceptions.${date}`, 'is not a date YYYY-MM-DD');
    exceptions.set(date, what === 'off' ? [] : what === 'work' ? makeUp : spansIn(what, `exceptions.${date}`));
  }
  if (week.every((spans) => spans.length === 0)) throw new CalendarError('hours', 'no working time on any day of the week');

  const minutesOf = (date: string): readonly Span[] => {
    const own = exceptions.get(date);
    if (own) return own;
    for (const set of sets) {
      const kind = set.days.get(date);
      if (kind !== undefined) return kind === 'off' ? [] : makeUp;
    }
    return week[new Date(`${date}T00:00:00Z`).getUTCDay()] ?? [];
  };
  const cache = new Map<string, readonly (readonly [number, number])[]>();
  return {
    key: spec.key,
    zone: spec.zone,
    always: always && exceptions.size === 0 && sets.length === 0,
    holidaySets: sets,
    isWorkingDay: (date) => minutesOf(date).length > 0,
    spansOf: (date) => {
      let spans = cache.get(date);
      if (!spans) {
        const midnight = Date.parse(`${date}T00:00:00Z`);
        spans = minutesOf(date)
          .map(([from, to]) => [instantOfWall(spec.zone, midnight + from * 60_000), instantOfWall(spec.zone, midnight + to * 60_000)] as const)
          .filter(([from, to]) => to > from);
        if (cache.size >= MOST_DAYS) cache.clear();
        cache.set(date, spans);
      }
      return spans;
    },
  };
}

function spansIn(texts: readonly string[], path: string): Span[] {
  const spans = texts.map((text, i): Span => {
    const m = /^(\d{2}):(\d{2})-(\d{2}):(\d{2})$/.exec(text);
    const [from, to] = [Number(m?.[1]) * 60 + Number(m?.[2]), Number(m?.[3]) * 60 + Number(m?.[4])];
    if (!m || Number(m[2]) > 59 || Number(m[4]) > 59 || to > 1_440) throw new CalendarError(`${path}[${i}]`, `'${text}' is not a span like 09:00-12:00`);
    if (from >= to) throw new CalendarError(`${path}[${i}]`, `'${text}' ends before it begins`);
    return [from, to];
  });
  const ordered = [...spans].sort((a, b) => a[0] - b[0]);
  ordered.forEach((s, i) => {
    const previous = ordered[i - 1];
    if (previous && previous[1] > s[0]) throw new CalendarError(path, 'spans overlap');
  });
  return ordered;
}

/** False when a holiday set of the calendar says nothing about the year: then only weekday rules apply, and somebody should be warned. */
export function holidayCoverage(calendar: Calendar, year: number): boolean {
  return calendar.holidaySets.every((set) => set.years.has(year));
}

export { addDays };
