import { type Calendar, compileCalendar } from '@gongdan/business-time';
import { type EventOf, type intake } from '@gongdan/contracts';
import { type Catalogue, categoryPath, type ClockSpec, type Facts, type Pack } from '@gongdan/packs';
import { type Counting, type Kind } from './promise.js';

/** The `sla` part of a pack, compiled: clocks with their calendars. */
export interface Rules {
  clocks: readonly ClockSpec[];
  calendarOf(spec: Pick<ClockSpec, 'calendar'>): Calendar;
  counting(kind: Kind, spec: Pick<ClockSpec, 'calendar'>): Counting;
}

const compiled = new WeakMap<Pack, Rules>();

export function rulesOf(pack: Pack): Rules {
  const known = compiled.get(pack);
  if (known) return known;
  const calendars = new Map(pack.sla.calendars.map((c) => [c.key, compileCalendar(c)]));
  // Without a calendar hours burn around the clock in the pack's zone (F1–F5).
  const always = compileCalendar({ key: 'always', zone: pack.pack.zone, hours: 'always' });
  const calendarOf = (spec: Pick<ClockSpec, 'calendar'>): Calendar =>
    spec.calendar === undefined ? always : (calendars.get(spec.calendar) ?? always);
  const rules: Rules = { clocks: pack.sla.clocks, calendarOf, counting: (kind, spec) => ({ kind, calendar: calendarOf(spec) }) };
  compiled.set(pack, rules);
  return rules;
}

/** The facts after a correction: what conditions may ask about and the correction holds. */
export function amended(facts: Facts, d: EventOf<typeof intake.TicketAmended>['data'], catalogue: Catalogue): Record<string, unknown> {
  return {
    ...facts,
    ...(d.category === undefined ? {} : { category: d.category, categories: categoryPath(catalogue, d.category) }),
    ...(d.priority === undefined ? {} : { priority: d.priority }),
    ...(d.place === undefined ? {} : { place: d.place }),
    ...(d.hasEmail === undefined ? {} : { hasEmail: d.hasEmail }),
    ...(d.contactSealed === undefined ? {} : { hasContact: true }),
  };
}
