import { migration } from '@gongdan/platform';

export const imports = migration(
  101,
  'Imports',
  `
  create table import_jobs (
    org text not null, id uuid not null, state text not null check (state in ('waiting', 'ready', 'running', 'done', 'failed')),
    file_name text not null, mapping json not null, pack_key text not null, pack_version int not null, started_by text not null,
    bytes_total bigint not null default 0, bytes_done bigint not null default 0, rows_done int not null default 0,
    created int not null default 0, unchanged int not null default 0, changed int not null default 0, rejected int not null default 0, noted int not null default 0,
    error text, created_at timestamptz not null default clock_timestamp(), started_at timestamptz, finished_at timestamptz,
    -- Who works on it and until when, by the database's clock. The job of a dead worker continues elsewhere from rows_done.
    owner uuid, lease_until timestamptz not null default '-infinity',
    primary key (org, id)
  );
  create index import_jobs_due on import_jobs (created_at) where state in ('ready', 'running');
  create table import_chunks (org text not null, job uuid not null, n int not null, bytes bytea not null, primary key (org, job, n));
  create table import_results (
    org text not null, job uuid not null, row int not null, line int not null,
    outcome text not null check (outcome in ('created', 'unchanged', 'changed', 'rejected')),
    external_key text, ticket_id uuid, number text, notes json,
    primary key (org, job, row)
  );
`,
);
