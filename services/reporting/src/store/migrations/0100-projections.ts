import { migration } from '@gongdan/platform';

export const projections = migration(
  100,
  'Projections',
  `
  create extension if not exists pg_trgm;

  -- One wide row per ticket: what every query, count and export reads. Rebuilt from the stream at any time.
  create table ticket_rows (
    org text not null, id uuid not null, number text not null default '', pack text not null default '', channel text not null default '', type text not null default '',
    category text not null default '', priority text not null default '', title text not null default '', description text not null default '',
    address text, area text, latitude float8, longitude float8, attributes json,
    state text not null default 'received', unit text, holder text,
    registered_at timestamptz, dispatched_at timestamptz, accepted_at timestamptz, replied_at timestamptz, resolved_at timestamptz, closed_at timestamptz,
    due_at timestamptz, external_key text, source text, imported_status text,
    returns int not null default 0, transfers int not null default 0, reopens int not null default 0, warnings int not null default 0, breaches int not null default 0,
    changed_at timestamptz not null,
    primary key (org, id)
  ) with (fillfactor = 80);
  create index ticket_rows_number on ticket_rows (org, number);
  create index ticket_rows_newest on ticket_rows (org, registered_at desc, id desc);
  create index ticket_rows_state on ticket_rows (org, state, registered_at desc);
  create index ticket_rows_unit on ticket_rows (org, unit, registered_at desc);
  create index ticket_rows_text on ticket_rows using gin ((title || ' ' || description || ' ' || coalesce(address, '')) gin_trgm_ops);

  create table ticket_history (
    org text not null, ticket_id uuid not null, producer text not null, seq bigint not null,
    n bigint generated always as identity, event_id uuid not null, name text not null, version int not null,
    occurred_at timestamptz not null, actor_id text not null, actor_name text, correlation_id text not null, causation_id uuid, data json not null,
    primary key (org, ticket_id, producer, seq)
  );

  create table clock_rows (
    org text not null, ticket_id uuid not null, clock text not null, state text not null, started_at timestamptz, due_at timestamptz,
    stopped_at timestamptz, breached_at timestamptz, outcome text,
    primary key (org, ticket_id, clock)
  ) with (fillfactor = 80);

  create table rebuilds (id uuid primary key, started_at timestamptz not null default clock_timestamp(), finished_at timestamptz, started_by text not null);
`,
);
