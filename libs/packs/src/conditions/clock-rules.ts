import { addCalendarDays, dayOf, instantOfLocal } from '@gongdan/business-time';
import { type Instant, iso } from '@gongdan/kernel';
import { type Facts, matches } from './condition.js';
import { type Sla } from '../format2/clocks.js';
import { END_OF_INSTANTS, isInstant } from '../format2/words.js';

/** A clock of the pack's `sla` part, and what it may hold. */
export type ClockSpec = Sla['clocks'][number];
export type Limit = Exclude<ClockSpec['limit'], readonly unknown[]>;
export type Trigger = ClockSpec['start'][number];

/** The limit of the first row whose condition holds; undefined when none holds: the clock does not start. */
export function limitOf(spec: ClockSpec, facts: Facts): Limit | undefined {
  if (!Array.isArray(spec.limit)) return spec.limit;
  return spec.limit.find((row) => matches(row.when, facts))?.limit;
}

/**
 * The due instant that a form or an older system gave: an instant, or the midnight that ends a date in the zone of the clock, so that a promise for a day
 * is kept on that day. Undefined for anything else; `Date.parse` alone finds a date in "room 5".
 */
export function dueGiven(value: unknown, zone: string): Instant | undefined {
  if (typeof value !== 'string') return undefined;
  if (dayOf(value) === undefined) return isInstant(value) ? iso(Date.parse(value)) : undefined;
  const [year = 0, month = 0, day = 0] = value.split('-').map(Number);
  const end = addCalendarDays(zone, instantOfLocal(zone, { year, month, day, hour: 0, minute: 0, second: 0 }), 1);
  // Forms write 9999-12-31 for never. West of London that day ends in the year 10000.
  return iso(Math.min(end, END_OF_INSTANTS - 1));
}

/** Whether an event fires one of the triggers. `facts` are those of the ticket, with the data of the event under `event`. */
export function triggered(triggers: readonly Trigger[] | undefined, eventName: string, facts: Facts): boolean {
  return (triggers ?? []).some((t) => (typeof t === 'string' ? t === eventName : t.on === eventName && matches(t.when, facts)));
}
