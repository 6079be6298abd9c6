import { type EventOf, type sla, type TicketEvent } from '@gongdan/contracts';
import { type Instant } from '@gongdan/kernel';

/** What sla says about a clock; its answers to requests are about none. */
export type ClockEvent = Exclude<EventOf<(typeof sla)[keyof typeof sla]>, { name: 'sla.request-answered' }>;

/** What reporting knows of one clock of a ticket: one row of `clock_rows`. */
export interface ClockRow {
  org: string;
  ticketId: string;
  /** Key of the clock in the pack. */
  clock: string;
  state: 'running' | 'paused' | 'stopped' | 'cancelled';
  startedAt: Instant | null;
  /** Due instant as the last event gave it; while the clock is paused it will move. */
  dueAt: Instant | null;
  stoppedAt: Instant | null;
  /** Due instant that passed, not the instant at which the breach was noticed. */
  breachedAt: Instant | null;
  outcome: 'met' | 'breached' | null;
}

export function isClockEvent(event: TicketEvent): event is ClockEvent {
  return event.name.startsWith('sla.clock-');
}

/** The clock after the event. Never throws on a recorded event. */
export function evolveClock(before: ClockRow | undefined, event: ClockEvent): ClockRow {
  const row: ClockRow = before ?? {
    org: event.org,
    ticketId: event.ticketId,
    clock: event.data.clock,
    state: 'running',
    startedAt: null,
    dueAt: null,
    stoppedAt: null,
    breachedAt: null,
    outcome: null,
  };
  switch (event.name) {
    case 'sla.clock-started': {
      const { startedAt, dueAt } = event.data;
      return { ...row, state: 'running', startedAt, dueAt, stoppedAt: null, breachedAt: null, outcome: null };
    }
    case 'sla.clock-paused':
      return { ...row, state: 'paused', dueAt: event.data.dueAt };
    case 'sla.clock-extended':
    case 'sla.clock-resumed':
      return { ...row, state: 'running', dueAt: event.data.dueAt };
    case 'sla.clock-warned':
      return row;
    case 'sla.clock-breached':
      return { ...row, dueAt: event.data.dueAt, breachedAt: row.breachedAt ?? event.data.dueAt };
    case 'sla.clock-stopped': {
      const { startedAt, stoppedAt, dueAt, outcome } = event.data;
      return { ...row, state: 'stopped', startedAt, stoppedAt, dueAt, outcome };
    }
    case 'sla.clock-cancelled':
      return { ...row, state: 'cancelled' };
  }
}

export const clockKey = (org: string, ticketId: string, clock: string): string => `${org}|${ticketId}|${clock}`;
