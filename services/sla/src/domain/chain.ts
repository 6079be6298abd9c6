import { type EventDraft, sla } from '@gongdan/contracts';
import { ms } from '@gongdan/kernel';
import { type Clock } from './clock.js';

/**
 * The events with the depth of the chain of reactions that led to them (law 7 of the engine). What a clock says because it ran for some time begins a new chain; a
 * clock that is over at its start, because its due instant was given and lies in the past, does not.
 */
export function followed(events: readonly EventDraft[], { startedAt }: Pick<Clock, 'startedAt'>, depth: number): EventDraft[] {
  if (depth === 0) return [...events];
  return events.map((e) =>
    isFired(e) && ms(e.occurredAt) > ms(startedAt) ? e : { ...e, data: { ...(e.data as object), cause: { depth } } },
  );
}

function isFired(event: EventDraft): boolean {
  return event.name === sla.ClockBreached.name || event.name === sla.ClockWarned.name;
}
