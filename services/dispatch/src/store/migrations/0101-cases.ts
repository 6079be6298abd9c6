import { migration } from '@gongdan/platform';

export const casesMigration = migration(
  101,
  'Cases',
  `
  create table cases (
    org text not null, ticket_id uuid not null,
    number text not null, title text not null, pack_key text not null, pack_version int not null,
    step text not null, state text not null, held text not null check (held in ('queue', 'person', 'nobody')),
    unit text, holder text, version int not null,
    hop int not null, returns int not null, reopens int not null, done jsonb not null, excluded text[] not null,
    ticket jsonb not null, priority_rank smallint not null,
    registered_at timestamptz not null, since timestamptz not null, closed_at timestamptz,
    primary key (org, ticket_id)
  ) with (fillfactor = 85);
  -- Each of the three work lists reads one of these indexes; closed cases are in none of them.
  create index cases_queue on cases (org, unit, priority_rank, registered_at, ticket_id) where held = 'queue';
  create index cases_held on cases (org, holder, priority_rank, registered_at, ticket_id) where held = 'person';
  create index cases_unroutable on cases (org, priority_rank, registered_at, ticket_id) where state = 'unroutable';

  -- Which unit and person had a case from when to when: at most one open row, and none while nobody works on the case.
  create table assignments (
    org text not null, ticket_id uuid not null, no int not null,
    unit text not null, person text, since timestamptz not null, until timestamptz,
    primary key (org, ticket_id, no)
  );
  create unique index assignments_open on assignments (org, ticket_id) where until is null;

  -- Why a unit was chosen; a row is written once and never changed.
  create table decisions (
    org text not null, ticket_id uuid not null, no int not null,
    id uuid not null, at timestamptz not null, why text not null, rule text, unit text,
    facts jsonb not null, candidates jsonb not null, runner_up jsonb,
    pack_key text not null, pack_version int not null, made_by text not null,
    primary key (org, ticket_id, no)
  );
`,
);
