import { type Calendar, compileCalendar } from '@gongdan/business-time';
import { type ClockSpec, type Pack } from '@gongdan/packs';
import { type Counting, type Kind } from './promise.js';

/** The `sla` part of a pack with its calendars compiled. */
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
  // A clock without a calendar burns around the clock in the zone of the pack (F1–F5).
  const always = compileCalendar({ key: 'always', zone: pack.pack.zone, hours: 'always' });
  const calendarOf = (spec: Pick<ClockSpec, 'calendar'>): Calendar =>
    spec.calendar === undefined ? always : (calendars.get(spec.calendar) ?? always);
  const rules: Rules = { clocks: pack.sla.clocks, calendarOf, counting: (kind, spec) => ({ kind, calendar: calendarOf(spec) }) };
  compiled.set(pack, rules);
  return rules;
}
