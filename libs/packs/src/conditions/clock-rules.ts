import { type Facts, matches } from './condition.js';
import { type Sla } from '../format2/clocks.js';

/** A clock of the pack's `sla` part, and what it may hold. */
export type ClockSpec = Sla['clocks'][number];
export type Limit = Exclude<ClockSpec['limit'], readonly unknown[]>;
export type Trigger = ClockSpec['start'][number];

/** The limit of the first row whose condition holds; undefined when none holds: the clock does not start. */
export function limitOf(spec: ClockSpec, facts: Facts): Limit | undefined {
  if (!Array.isArray(spec.limit)) return spec.limit;
  return spec.limit.find((row) => matches(row.when, facts))?.limit;
}

/** Whether an event fires one of the triggers. `facts` are those of the ticket, with the data of the event under `event`. */
export function triggered(triggers: readonly Trigger[] | undefined, eventName: string, facts: Facts): boolean {
  return (triggers ?? []).some((t) => (typeof t === 'string' ? t === eventName : t.on === eventName && matches(t.when, facts)));
}
