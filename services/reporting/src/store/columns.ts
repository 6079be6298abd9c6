import { type ClockRow } from '../projections/clock-row.js';
import { type TicketRow } from '../projections/ticket-row.js';

/** The columns of a table, name and SQL type, by the property that holds each in code. Every statement about the table is made from this map. */
export type Columns<Shape> = { readonly [P in keyof Shape]-?: readonly [column: string, type: string] };

export const TICKET_COLUMNS: Columns<TicketRow> = {
  org: ['org', 'text'],
  id: ['id', 'uuid'],
  number: ['number', 'text'],
  pack: ['pack', 'text'],
  channel: ['channel', 'text'],
  type: ['type', 'text'],
  category: ['category', 'text'],
  priority: ['priority', 'text'],
  title: ['title', 'text'],
  description: ['description', 'text'],
  address: ['address', 'text'],
  area: ['area', 'text'],
  latitude: ['latitude', 'float8'],
  longitude: ['longitude', 'float8'],
  attributes: ['attributes', 'json'],
  state: ['state', 'text'],
  unit: ['unit', 'text'],
  holder: ['holder', 'text'],
  registeredAt: ['registered_at', 'timestamptz'],
  dispatchedAt: ['dispatched_at', 'timestamptz'],
  acceptedAt: ['accepted_at', 'timestamptz'],
  repliedAt: ['replied_at', 'timestamptz'],
  resolvedAt: ['resolved_at', 'timestamptz'],
  closedAt: ['closed_at', 'timestamptz'],
  dueAt: ['due_at', 'timestamptz'],
  externalKey: ['external_key', 'text'],
  source: ['source', 'text'],
  importedStatus: ['imported_status', 'text'],
  returns: ['returns', 'int'],
  transfers: ['transfers', 'int'],
  reopens: ['reopens', 'int'],
  warnings: ['warnings', 'int'],
  breaches: ['breaches', 'int'],
  changedAt: ['changed_at', 'timestamptz'],
};

export const CLOCK_COLUMNS: Columns<ClockRow> = {
  org: ['org', 'text'],
  ticketId: ['ticket_id', 'uuid'],
  clock: ['clock', 'text'],
  state: ['state', 'text'],
  startedAt: ['started_at', 'timestamptz'],
  dueAt: ['due_at', 'timestamptz'],
  stoppedAt: ['stopped_at', 'timestamptz'],
  breachedAt: ['breached_at', 'timestamptz'],
  outcome: ['outcome', 'text'],
};

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

export const HISTORY_COLUMNS: Columns<HistoryRow> = {
  org: ['org', 'text'],
  ticketId: ['ticket_id', 'uuid'],
  producer: ['producer', 'text'],
  seq: ['seq', 'bigint'],
  eventId: ['event_id', 'uuid'],
  name: ['name', 'text'],
  version: ['version', 'int'],
  occurredAt: ['occurred_at', 'timestamptz'],
  actorId: ['actor_id', 'text'],
  actorName: ['actor_name', 'text'],
  correlationId: ['correlation_id', 'text'],
  causationId: ['causation_id', 'uuid'],
  data: ['data', 'json'],
};

type Map = Record<string, readonly [string, string]>;
const entries = (columns: Map): [property: string, column: string, type: string][] =>
  Object.entries(columns).map(([property, [column, type]]) => [property, column, type]);

/** `t.registered_at as "registeredAt", …` */
export function selected(columns: Map, table: string): string {
  return entries(columns)
    .map(([property, column]) => `${table}.${column} as "${property}"`)
    .join(', ');
}

/** `org, id, registered_at, …` */
export function listed(columns: Map): string {
  return entries(columns)
    .map(([, column]) => column)
    .join(', ');
}

/** `registered_at = r."registeredAt", …` for rows that `recordset` names `r`. */
export function assigned(columns: Map): string {
  return entries(columns)
    .map(([property, column]) => `${column} = r."${property}"`)
    .join(', ');
}

/** `registered_at = excluded.registered_at, …` for an upsert. */
export function excluded(columns: Map): string {
  return entries(columns)
    .map(([, column]) => `${column} = excluded.${column}`)
    .join(', ');
}

/** The rows of a JSON parameter as a table `r`, whose columns are named like the properties. */
export function recordset(columns: Map, parameter: string): string {
  const types = entries(columns).map(([property, , type]) => `"${property}" ${type}`);
  return `json_to_recordset(${parameter}::json) as r (${types.join(', ')})`;
}

/** The rows of one array parameter per column, the first of them `$from`. */
export function unnested(columns: Map, from: number): string {
  return `unnest(${entries(columns)
    .map(([, , type], i) => `$${from + i}::${type}[]`)
    .join(', ')})`;
}

/** A row as a JSON object with the properties of the map; instants have the form in which the driver returns them. */
export function asJson(columns: Map, table: string): string {
  const pairs = entries(columns).map(([property, column, type]) => {
    const value = `${table}.${column}`;
    return `'${property}', ${type === 'timestamptz' ? `to_char(${value} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')` : value}`;
  });
  return `json_build_object(${pairs.join(', ')})`;
}
