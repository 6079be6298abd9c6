import { migration } from '@gongdan/platform';

export const dueInstantsMigration = migration(
  200,
  'DueInstants',
  `
  -- The running clocks of a case with their due instants, as sla told them, and the nearest of these.
  alter table cases add column due_clocks jsonb not null default '{}', add column due_at timestamptz;
  -- Work lists are sorted by it within a priority. A task without a running clock comes last: infinity keeps the sort keys of a page comparable.
  alter table open_tasks add column due_at timestamptz not null default 'infinity';
  create index open_tasks_queue_due on open_tasks (org, unit, priority_rank, due_at, registered_at, ticket_id, no) where person is null;
  create index open_tasks_person_due on open_tasks (org, person, priority_rank, due_at, registered_at, ticket_id, no) where person is not null;
  create index open_tasks_unroutable_due on open_tasks (org, priority_rank, due_at, registered_at, ticket_id, no) where unit is null and person is null;
  drop index open_tasks_queue;
  drop index open_tasks_person;
  drop index open_tasks_unroutable;
`,
);
