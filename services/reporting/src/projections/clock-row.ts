import { type EventEnvelope, sla } from '@gongdan/contracts';
import { type Instant } from '@gongdan/kernel';

/** One promise of a ticket, as far as the stream has told. */
export interface ClockRow {
  org: string;
  ticket_id: string;
  clock: string;
  state: 'running' | 'paused' | 'stopped' | 'cancelled';
  started_at: Instant | null;
  due_at: Instant | null;
  stopped_at: Instant | null;
  breached_at: Instant | null;
  outcome: 'met' | 'breached' | null;
}

type ClockData = { clock?: string; dueAt?: Instant; startedAt?: Instant; stoppedAt?: Instant; outcome?: 'met' | 'breached' };

/** Undefined when the event is not about a clock. */
export function evolveClock(before: ClockRow | undefined, event: EventEnvelope): ClockRow | undefined {
  const d = event.data as ClockData;
  if (event.producer !== 'sla' || d.clock === undefined) return undefined;
  const row: ClockRow = before ?? {
    org: event.org, ticket_id: event.ticketId, clock: d.clock, state: 'running', started_at: null, due_at: null, stopped_at: null, breached_at: null, outcome: null,
  }; // prettier-ignore
  const due = { due_at: d.dueAt ?? row.due_at };
  switch (event.name) {
    case sla.ClockStarted.name:
      return { ...row, ...due, state: 'running', started_at: d.startedAt ?? null, stopped_at: null, breached_at: null, outcome: null };
    case sla.ClockPaused.name:
      return { ...row, ...due, state: 'paused' };
    case sla.ClockResumed.name:
      return { ...row, ...due, state: 'running' };
    case sla.ClockBreached.name:
      return { ...row, ...due, breached_at: row.breached_at ?? d.dueAt ?? null };
    case sla.ClockStopped.name:
      return {
        ...row,
        ...due,
        state: 'stopped',
        started_at: d.startedAt ?? row.started_at,
        stopped_at: d.stoppedAt ?? null,
        outcome: d.outcome ?? null,
      };
    case sla.ClockCancelled.name:
      return { ...row, state: 'cancelled' };
    default:
      return row;
  }
}

export const clockKey = (org: string, ticketId: string, clock: string): string => `${org}|${ticketId}|${clock}`;
