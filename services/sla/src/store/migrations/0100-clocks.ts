import { migration } from '@gongdan/platform';

export const clocks = migration(
  100,
  'Clocks',
  `
  -- What this service stores of a ticket. The row is the lock under which the clocks of the ticket change and its events are appended.
  create table sla_tickets (
    org text not null, id uuid not null, pack_key text not null, pack_version int not null, unit text, number text not null, facts json not null,
    primary key (org, id)
  ) with (fillfactor = 80);

  create table clocks (
    org text not null, ticket_id uuid not null, key text not null, gen int not null,
    state text not null check (state in ('running', 'paused', 'stopped', 'cancelled')),
    kind text not null, calendar text, started_at timestamptz not null, since_at timestamptz not null, due_at timestamptz not null,
    paused_at timestamptz, left_of bigint, paused_ms bigint not null default 0,
    breached_at timestamptz, ended_at timestamptz, outcome text,
    -- The event that last moved the clock: what fires later carries its correlation and trace.
    correlation_id text not null, causation_id uuid not null, traceparent text,
    primary key (org, ticket_id, key)
  ) with (fillfactor = 80);
  create index clocks_at_risk on clocks (org, due_at, ticket_id) where state in ('running', 'paused');

  -- The due index (services/sla/README.md): one row per warning and breach that may still fire. Rows that fired, were cancelled or are outdated are deleted:
  -- the events are the history, and the index stays as small as what is open.
  create table clock_points (
    org text not null, ticket_id uuid not null, clock text not null, point text not null, gen int not null, due_at timestamptz not null,
    primary key (org, ticket_id, clock, point)
  ) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
  create index clock_points_due on clock_points (due_at);
`,
);
