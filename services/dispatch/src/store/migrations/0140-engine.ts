import { migration } from '@gongdan/platform';

export const engineMigration = migration(
  140,
  'Engine',
  `
  -- The case as the engine knows it. It counts only while its version is that of the row: a replica of the release before writes the columns alone.
  alter table cases add column phase text, add column run int not null default 1, add column decided int not null default 0, add column body jsonb;
  update cases c set phase = case when state in ('closed', 'cancelled') then 'closed' else 'open' end,
    run = reopens + 1,
    decided = (select count(*) from decisions d where d.org = c.org and d.ticket_id = c.ticket_id);

  -- The gauges count open cases by state from this index alone.
  create index cases_open_phase on cases (state) where phase = 'open';

  -- Open tasks, for the work lists. A task that ended is deleted; its holder is in assignments, its outcome in the case.
  create table open_tasks (
    org text not null, ticket_id uuid not null, no int not null,
    lead boolean not null, step text not null, unit text, role text, person text, waits text,
    opened_at timestamptz not null, sleeps_until timestamptz, sleeps int not null, version int not null,
    priority_rank smallint not null, registered_at timestamptz not null,
    primary key (org, ticket_id, no)
  ) with (fillfactor = 85);
  -- Each of the three work lists reads one of these indexes.
  create index open_tasks_queue on open_tasks (org, unit, priority_rank, registered_at, ticket_id, no) where person is null;
  create index open_tasks_person on open_tasks (org, person, priority_rank, registered_at, ticket_id, no) where person is not null;
  create index open_tasks_unroutable on open_tasks (org, priority_rank, registered_at, ticket_id, no) where unit is null and person is null;
  insert into open_tasks (org, ticket_id, no, lead, step, unit, person, opened_at, sleeps, version, priority_rank, registered_at)
    select org, ticket_id, 1, true, step, unit, holder, since, 0, version, priority_rank, registered_at from cases where state not in ('closed', 'cancelled');

  -- How many open tasks a person holds, and when routing last gave him one (DI-06).
  create table person_loads (
    org text not null, person text not null, open int not null, last_at timestamptz,
    primary key (org, person)
  ) with (fillfactor = 70);
  insert into person_loads (org, person, open) select org, person, count(*) from open_tasks where person is not null group by org, person;

  alter table decisions add column table_key text, add column task int, add column step text, add column role text, add column person text,
    add column climbed_from text;

  -- Answers of actions by their Idempotency-Key, written in the transaction of the action; kept seven days.
  create table action_keys (
    org text not null, client text not null, key text not null, fingerprint text not null, ticket_id uuid not null, at timestamptz not null,
    primary key (org, client, key)
  );
  create index action_keys_at on action_keys (at);
`,
);
