import {
  addCalendarDays,
  addCalendarMonths,
  addOpenTime,
  type Calendar,
  compileCalendar,
  endOfWorkingDay,
  instantOfLocal,
  localDate,
  localParts,
  isWorkingDay,
  openTimeBetween,
  workingDaysBetween,
} from '@gongdan/business-time';
import { iso, ms } from '@gongdan/kernel';
import { type ClockSpec, dueGiven, factOf, type Facts, type Limit, limitOf, matches, type Trigger, triggered } from '@gongdan/packs';
import { type PackFormat2 } from '@gongdan/packs/format2';

/** A clock of the tried ticket. `left` is what was left at a pause: open milliseconds, or working days. */
export interface TriedClock {
  spec: ClockSpec;
  /** Run of the case in which it started. */
  run: number;
  state: 'running' | 'paused' | 'stopped' | 'cancelled';
  dueAt: string;
  limit: Limit;
  since: string;
  whole: number;
  left?: number;
  warned: readonly string[];
  breached: boolean;
}

/** What a clock says; `at` is the instant that it names. */
export interface ClockSaid {
  name: string;
  at: string;
  data: Record<string, unknown>;
}

export interface DuePoint {
  key: string;
  /** Key of the warning, or `due`. */
  point: string;
  at: string;
}

/**
 * The clocks of one ticket by the rules of the pack, as sla keeps them: events start, pause, resume, stop and cancel them, and time makes them warn and
 * breach. The services are not here, so what belongs to late deliveries and restarts is not either.
 */
export class TriedClocks {
  private readonly clocks = new Map<string, TriedClock>();
  private readonly calendars: ReadonlyMap<string, Calendar>;
  private readonly always: Calendar;

  constructor(private readonly pack: PackFormat2) {
    this.calendars = new Map((pack.sla?.calendars ?? []).map((c) => [c.key, compileCalendar(c)]));
    this.always = compileCalendar({ key: 'always', zone: pack.pack.zone, hours: 'always' });
  }

  get all(): TriedClock[] {
    return [...this.clocks.values()];
  }

  /** Applies an event of a run to every clock; `facts` hold those of the ticket, the event under `event` and the case under `case`. */
  hear(name: string, at: string, facts: Facts, run: number): ClockSaid[] {
    return (this.pack.sla?.clocks ?? []).flatMap((spec) => this.hearOne(spec, name, at, facts, run));
  }

  /** The next warning or breach, at the latest at `until`. */
  next(until: string): DuePoint | undefined {
    return this.all
      .flatMap((c) => this.points(c))
      .filter((p) => p.at <= until)
      .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))[0];
  }

  fire({ key, point, at }: DuePoint): ClockSaid[] {
    const c = this.clocks.get(key);
    if (c === undefined) return [];
    const { dueAt, run } = c;
    if (point === 'due') {
      c.breached = true;
      return [{ name: 'sla.clock-breached', at, data: { clock: key, run, dueAt } }];
    }
    c.warned = [...c.warned, point];
    return [{ name: 'sla.clock-warned', at, data: { clock: key, run, threshold: point, dueAt } }];
  }

  /** More time, as sla gives it when the process asks: by a length of time from the present deadline on, or until an instant. A clock that does not run keeps its deadline. */
  extend(body: unknown, at: string): ClockSaid[] {
    const { clock, by, until } = body as { clock: string; by?: string; until?: string };
    const c = this.clocks.get(clock);
    if (c?.state !== 'running') return [];
    const given = dueGiven(until, this.calendarOf(c.spec).zone);
    const due = by !== undefined ? this.later(c, by) : given === undefined ? undefined : ms(given);
    if (due === undefined || !(due > ms(c.dueAt))) return [];
    c.dueAt = iso(due);
    c.breached = c.breached && c.dueAt <= at;
    return [{ name: 'sla.clock-extended', at, data: { clock, dueAt: c.dueAt } }];
  }

  /** As sla counts: hours as the clock counts them; the due instant of working days is the midnight that ends the last one, and belongs to that day. */
  private later({ spec, limit, dueAt }: TriedClock, by: string): number | undefined {
    const [, digits = '', unit = ''] = /^(\d{1,6})(min|h|d|wd|mo)$/.exec(by) ?? [];
    const [n, due, calendar] = [Number(digits), ms(dueAt), this.calendarOf(spec)];
    if (unit === 'min' || unit === 'h') {
      const span = n * (unit === 'h' ? 3_600_000 : 60_000);
      return 'hours' in limit || 'minutes' in limit ? addOpenTime(calendar, due, span) : due + span;
    }
    if (unit === 'd') return addCalendarDays(calendar.zone, due, n);
    if (unit === 'wd') return endOfWorkingDay(calendar, due - 1, n);
    return unit === 'mo' ? addCalendarMonths(calendar.zone, due, n) : undefined;
  }

  private hearOne(spec: ClockSpec, name: string, at: string, facts: Facts, run: number): ClockSaid[] {
    const pulls = (triggers: readonly Trigger[] | undefined): boolean => triggered(triggers, name, facts);
    const c = this.clocks.get(spec.key);
    const said = (what: string, more: object = {}): ClockSaid[] => [
      { name: `sla.clock-${what}`, at, data: { clock: spec.key, ...(c === undefined ? {} : { run: c.run, dueAt: c.dueAt }), ...more } },
    ];
    if (c !== undefined && (c.state === 'running' || c.state === 'paused')) {
      if (pulls(spec.cancel)) {
        c.state = 'cancelled';
        return said('cancelled');
      }
      if (pulls(spec.stop)) {
        c.state = 'stopped';
        return said('stopped', { outcome: c.breached || (c.left === undefined && at > c.dueAt) ? 'breached' : 'met' });
      }
      if (c.state === 'running' && pulls(spec.pause)) {
        c.left = this.leftAt(c, at);
        c.state = 'paused';
        return said('paused');
      }
      if (c.state === 'paused' && pulls(spec.resume)) {
        c.dueAt = this.dueAfterPause(c, at);
        c.since = at;
        c.state = 'running';
        delete c.left;
        return said('resumed', { dueAt: c.dueAt });
      }
      return [];
    }
    if (!pulls(spec.start) || !matches(spec.when, facts)) return [];
    const limit = limitOf(spec, facts);
    const dueAt = limit && this.dueOf(spec, limit, at, facts);
    if (limit === undefined || dueAt === undefined) return [];
    const whole = this.burning(spec, limit, at, dueAt);
    this.clocks.set(spec.key, { spec, run, state: 'running', dueAt, limit, since: at, whole, warned: [], breached: false });
    return said('started', { run, dueAt });
  }

  private calendarOf(spec: ClockSpec): Calendar {
    return (spec.calendar === undefined ? undefined : this.calendars.get(spec.calendar)) ?? this.always;
  }

  private dueOf(spec: ClockSpec, limit: Limit, from: string, facts: Facts): string | undefined {
    const calendar = this.calendarOf(spec);
    const at = ms(from);
    if ('minutes' in limit) return iso(addOpenTime(calendar, at, limit.minutes * 60_000));
    if ('hours' in limit) return iso(addOpenTime(calendar, at, limit.hours * 3_600_000));
    if ('workingDays' in limit) return iso(endOfWorkingDay(calendar, at, limit.workingDays));
    if ('days' in limit) return iso(addCalendarDays(calendar.zone, at, limit.days));
    if ('months' in limit) return iso(addCalendarMonths(calendar.zone, at, limit.months));
    if ('today' in limit) {
      const { year, month, day } = localParts(calendar.zone, at);
      return iso(addCalendarDays(calendar.zone, instantOfLocal(calendar.zone, { year, month, day, hour: 0, minute: 0, second: 0 }), 1));
    }
    return dueGiven(factOf(facts, 'field' in limit ? limit.field.fact : 'history.dueAt'), calendar.zone);
  }

  private burning(spec: ClockSpec, limit: Limit, from: string, to: string): number {
    if ('hours' in limit || 'minutes' in limit || 'workingDays' in limit) return openTimeBetween(this.calendarOf(spec), ms(from), ms(to));
    return Math.max(0, ms(to) - ms(from));
  }

  private points(c: TriedClock): DuePoint[] {
    if (c.state !== 'running' || c.breached) return [];
    const rest = this.burning(c.spec, c.limit, c.since, c.dueAt);
    const open = 'hours' in c.limit || 'minutes' in c.limit || 'workingDays' in c.limit;
    const warnings = c.spec.warnings
      .filter((w) => !c.warned.includes(w.key))
      .map((w) => ({ key: c.spec.key, point: w.key, at: iso(this.warningAt(w, c, rest, open)) }))
      .filter((p) => p.at < c.dueAt);
    return [...warnings, { key: c.spec.key, point: 'due', at: c.dueAt }];
  }

  private warningAt(w: ClockSpec['warnings'][number], c: TriedClock, rest: number, open: boolean): number {
    const since = ms(c.since);
    const whenLeft = (left: number): number => {
      const burnt = Math.max(0, rest - left);
      return open ? addOpenTime(this.calendarOf(c.spec), since, burnt) : since + burnt;
    };
    if ('ratio' in w) return whenLeft(c.whole - Math.round(c.whole * w.ratio));
    if ('days' in w.before) return Math.max(since, addCalendarDays(this.calendarOf(c.spec).zone, ms(c.dueAt), -w.before.days));
    return whenLeft('hours' in w.before ? w.before.hours * 3_600_000 : w.before.minutes * 60_000);
  }

  private leftAt({ spec, limit, dueAt }: TriedClock, at: string): number {
    if (at >= dueAt) return 0;
    const calendar = this.calendarOf(spec);
    if ('hours' in limit || 'minutes' in limit) return openTimeBetween(calendar, ms(at), ms(dueAt));
    // The due instant is the midnight that ends the last day.
    if ('workingDays' in limit) return workingDaysBetween(calendar, ms(at), ms(dueAt) - 1);
    return ms(dueAt) - ms(at);
  }

  private dueAfterPause({ spec, limit, dueAt, left = 0, breached }: TriedClock, at: string): string {
    const calendar = this.calendarOf(spec);
    if (breached || 'field' in limit || 'ticket' in limit) return dueAt;
    if ('hours' in limit || 'minutes' in limit) return iso(addOpenTime(calendar, ms(at), left));
    if ('workingDays' in limit)
      return iso(endOfWorkingDay(calendar, ms(at), Math.max(left, isWorkingDay(calendar, localDate(calendar.zone, ms(at))) ? 0 : 1)));
    return iso(ms(at) + left);
  }
}
