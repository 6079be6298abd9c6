import { TableColumns } from '@gongdan/platform';
import { type ClockRow } from '../projections/clock-row.js';
import { type LedgerEntry } from '../projections/ledger-entry.js';
import { type TicketRow } from '../projections/ticket-row.js';

export const TICKET = new TableColumns<keyof TicketRow>({
  org: 'text',
  id: 'uuid',
  number: 'text',
  pack: 'text',
  channel: 'text',
  type: 'text',
  category: 'text',
  priority: 'text',
  title: 'text',
  description: 'text',
  address: 'text',
  area: 'text',
  latitude: 'float8',
  longitude: 'float8',
  attributes: 'json',
  state: 'text',
  phase: 'text',
  run: 'int',
  unit: 'text',
  holder: 'text',
  registeredAt: 'timestamptz',
  dispatchedAt: 'timestamptz',
  acceptedAt: 'timestamptz',
  repliedAt: 'timestamptz',
  resolvedAt: 'timestamptz',
  closedAt: 'timestamptz',
  dueAt: 'timestamptz',
  externalKey: 'text',
  source: 'text',
  importedStatus: 'text',
  returns: 'int',
  transfers: 'int',
  reopens: 'int',
  urges: 'int',
  sideTasks: 'int',
  judgedUnit: 'text',
  judgedClass: 'text',
  warnings: 'int',
  breaches: 'int',
  changedAt: 'timestamptz',
});

export const CLOCK = new TableColumns<keyof ClockRow>({
  org: 'text',
  ticketId: 'uuid',
  clock: 'text',
  state: 'text',
  startedAt: 'timestamptz',
  dueAt: 'timestamptz',
  stoppedAt: 'timestamptz',
  breachedAt: 'timestamptz',
  outcome: 'text',
});

export const LEDGER = new TableColumns<keyof LedgerEntry>({
  org: 'text',
  eventId: 'uuid',
  position: 'int',
  ticketId: 'uuid',
  pack: 'text',
  unit: 'text',
  person: 'text',
  account: 'text',
  item: 'text',
  quantity: 'numeric',
  at: 'timestamptz',
});

/** One event of `ticket_history`; `n` counts in the order in which events were applied. */
export interface HistoryRow {
  org: string;
  ticketId: string;
  producer: string;
  seq: number;
  eventId: string;
  name: string;
  version: number;
  occurredAt: string;
  actorId: string;
  actorName: string | null;
  correlationId: string;
  causationId: string | null;
  /** JSON text. */
  data: string;
}

export const HISTORY = new TableColumns<keyof HistoryRow>({
  org: 'text',
  ticketId: 'uuid',
  producer: 'text',
  seq: 'bigint',
  eventId: 'uuid',
  name: 'text',
  version: 'int',
  occurredAt: 'timestamptz',
  actorId: 'text',
  actorName: 'text',
  correlationId: 'text',
  causationId: 'uuid',
  data: 'json',
});
