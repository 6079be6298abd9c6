import { LIMIT_MS } from './storm-pack.js';
import { type Recorded } from './streams.js';

/** A promise of the storm pack that must have been broken. */
export interface Broken {
  ticketId: string;
  startedAt: string;
  dueAt: string;
}

/** What follows from the stream of dispatch for the clock of one ticket. `running` is a clock that still runs and breaks at its due instant. */
export interface ClockTruth {
  broken: Broken[];
  running: Broken | undefined;
}

/**
 * Computes from the events of dispatch alone which promises must be broken, with their exact due instants. It shares no code with the sla
 * service: a clock of one minute of real time starts when a unit has the case, pauses while the case is suspended, and ends with the case.
 */
export function clockTruth(ticketId: string, events: readonly Recorded[]): ClockTruth {
  const broken: Broken[] = [];
  let clock: { startedAt: number; due: number; pausedAt?: number; reported: boolean } | undefined;
  const end = (at: number): void => {
    const stopped = clock?.pausedAt ?? at;
    if (clock && !clock.reported && stopped > clock.due) report(clock);
    clock = undefined;
  };
  const report = (c: NonNullable<typeof clock>): void => {
    broken.push(brokenOf(ticketId, c));
    c.reported = true;
  };
  for (const e of events) {
    const at = Date.parse(String(e.data['at']));
    switch (e.name) {
      case 'dispatch.ticket-dispatched':
        clock ??= { startedAt: at, due: at + LIMIT_MS, reported: false };
        break;
      case 'dispatch.ticket-suspended':
        if (clock && clock.pausedAt === undefined) {
          if (at > clock.due && !clock.reported) report(clock);
          clock.pausedAt = at;
        }
        break;
      case 'dispatch.ticket-resumed':
      case 'dispatch.ticket-transferred':
        if (clock?.pausedAt !== undefined) {
          if (clock.pausedAt < clock.due) clock.due += at - clock.pausedAt;
          delete clock.pausedAt;
        }
        break;
      case 'dispatch.ticket-resolved':
      case 'dispatch.ticket-closed':
      case 'dispatch.ticket-cancelled':
        end(at);
        break;
    }
  }
  const running = clock && clock.pausedAt === undefined && !clock.reported ? brokenOf(ticketId, clock) : undefined;
  return { broken, running };
}

function brokenOf(ticketId: string, clock: { startedAt: number; due: number }): Broken {
  return { ticketId, startedAt: new Date(clock.startedAt).toISOString(), dueAt: new Date(clock.due).toISOString() };
}
