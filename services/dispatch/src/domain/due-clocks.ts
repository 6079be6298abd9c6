import { type EventEnvelope, sla, subjectOf } from '@gongdan/contracts';
import { type Instant } from '@gongdan/kernel';

/** The running clocks of a case with their due instants. The deadline of a paused clock moves, so it is none. */
export type DueClocks = Readonly<Record<string, Instant>>;

const OVER: ReadonlySet<string> = new Set([sla.ClockPaused.name, sla.ClockStopped.name, sla.ClockCancelled.name]);

/** The clocks after an event of sla; the same object when nothing changed. A late event of a run before `present` can end a clock and sets no deadline. */
export function duesAfter(dues: DueClocks, event: Pick<EventEnvelope, 'name' | 'data'>, present: number): DueClocks {
  const { clock, dueAt } = event.data as { clock: string; dueAt?: Instant };
  const { run = present } = subjectOf(event);
  const was = Object.hasOwn(dues, clock) ? dues[clock] : undefined;
  const runs = !OVER.has(event.name) && dueAt !== undefined;
  if (runs && run !== present) return dues;
  if (runs) return was === dueAt ? dues : { ...dues, [clock]: dueAt };
  if (was === undefined) return dues;
  const { [clock]: _, ...others } = dues;
  return others;
}

/** The nearest due instant; undefined when no clock runs. Instants of events have one form, so they compare as texts. */
export function nearest(dues: DueClocks): Instant | undefined {
  return Object.values(dues).reduce<Instant | undefined>((first, at) => (first === undefined || at < first ? at : first), undefined);
}
