import { migration } from '@gongdan/platform';

export const sleepingTasksMigration = migration(
  220,
  'SleepingTasks',
  `
  -- The list of sleeping tasks of a pool. Few tasks of a pool sleep: over open_tasks_queue_due the list read the whole pool.
  create index open_tasks_sleeping_due on open_tasks (org, unit, priority_rank, due_at, registered_at, ticket_id, no)
    where person is null and sleeps_until is not null;
`,
);
