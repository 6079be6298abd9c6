import { omitNulls, TableColumns } from '@gongdan/platform';
import { type Clock, type Origin } from '../domain/clock.js';
import { type SlaTicket } from '../domain/ticket.js';

/** A clock with the event that last moved it. */
export interface OwnedClock {
  clock: Clock;
  origin: Origin;
}

type Nullable<T> = { [K in keyof T]: undefined extends T[K] ? Exclude<T[K], undefined> | null : T[K] };
export type ClockRow = Nullable<Clock & Origin>;
export type TicketRow = Nullable<SlaTicket>;

export const TICKET = new TableColumns<keyof SlaTicket>({
  org: 'text',
  id: 'uuid',
  packKey: 'text',
  packVersion: 'int',
  unit: 'text',
  number: 'text',
  facts: 'json',
});

export const CLOCK = new TableColumns<keyof (Clock & Origin)>({
  org: 'text',
  ticketId: 'uuid',
  key: 'text',
  run: 'int',
  gen: 'int',
  state: 'text',
  kind: 'text',
  calendar: 'text',
  startedAt: 'timestamptz',
  sinceAt: 'timestamptz',
  dueAt: 'timestamptz',
  originalDueAt: 'timestamptz',
  whole: { column: 'whole_of', type: 'bigint' },
  warned: 'text[]',
  pausedAt: 'timestamptz',
  left: { column: 'left_of', type: 'bigint' },
  pausedMs: 'bigint',
  breachedAt: 'timestamptz',
  endedAt: 'timestamptz',
  outcome: 'text',
  correlationId: 'text',
  causationId: 'uuid',
  traceparent: 'text',
  depth: 'smallint',
});

/** A warning or breach that may still fire. */
export interface PointRow {
  org: string;
  ticketId: string;
  clock: string;
  point: string;
  gen: number;
  dueAt: string;
  /** Partition of `gongdan.tickets` that holds the events of the ticket. */
  part: number;
}

export const POINT = new TableColumns<keyof PointRow>({
  org: 'text',
  ticketId: 'uuid',
  clock: 'text',
  point: 'text',
  gen: 'int',
  dueAt: 'timestamptz',
  part: 'smallint',
});

const ABSENT = {
  run: undefined,
  calendar: undefined,
  originalDueAt: undefined,
  whole: undefined,
  pausedAt: undefined,
  left: undefined,
  breachedAt: undefined,
  endedAt: undefined,
  outcome: undefined,
  traceparent: undefined,
};

export function ownedClockOf(row: ClockRow): OwnedClock {
  const { correlationId, causationId, traceparent, depth, ...clock } = { ...ABSENT, ...omitNulls(row) };
  return { clock, origin: { correlationId, causationId, traceparent, depth } };
}

export function ticketOf(row: TicketRow): SlaTicket {
  return { unit: undefined, ...omitNulls(row) };
}
