import { type EventEnvelope, sla } from '@gongdan/contracts';
import { type Instant } from '@gongdan/kernel';

/** The running clocks of a case with their due instants. The deadline of a paused clock moves, so it is none. */
export type DueClocks = Readonly<Record<string, Instant>>;

const OVER: ReadonlySet<string> = new Set([sla.ClockPaused.name, sla.ClockStopped.name, sla.ClockCancelled.name]);

/** The clocks after an event of sla; the same object when nothing changed. */
export function duesAfter(dues: DueClocks, { name, data }: Pick<EventEnvelope, 'name' | 'data'>): DueClocks {
  const { clock, dueAt } = data as { clock: string; dueAt?: Instant };
  const was = Object.hasOwn(dues, clock) ? dues[clock] : undefined;
  if (!OVER.has(name) && dueAt !== undefined) return was === dueAt ? dues : { ...dues, [clock]: dueAt };
  if (was === undefined) return dues;
  const { [clock]: _, ...others } = dues;
  return others;
}

/** The nearest due instant; undefined when no clock runs. Instants of events have one form, so they compare as texts. */
export function nearest(dues: DueClocks): Instant | undefined {
  return Object.values(dues).reduce<Instant | undefined>((first, at) => (first === undefined || at < first ? at : first), undefined);
}
