import { migration } from '@gongdan/platform';

export const requeueWorkMigration = migration(
  160,
  'Requeue work',
  `
  -- Tasks whose holder has left or whose unit has closed. A row is deleted in the transaction that gives the task another holder;
  -- left_by is the person or the unit.
  create table requeue_work (
    org text not null, ticket_id uuid not null, task int not null, cause text not null check (cause in ('leaver', 'unit-closed')),
    left_by text not null, at timestamptz not null, failures int not null default 0, retry_at timestamptz,
    primary key (org, ticket_id, task, cause)
  );
  create index requeue_work_at on requeue_work (at);
  -- Tasks that people hold for a unit; those of its pool are in open_tasks_queue.
  create index open_tasks_held on open_tasks (org, unit) where person is not null;
  create index directory_entries_closed on directory_entries (org, id) where kind = 'unit' and (entry is null or entry ? 'closedAt');
`,
);
