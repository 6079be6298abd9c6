import { migration } from '@gongdan/platform';

export const indexesOfOldListsMigration = migration(
  210,
  'IndexesOfOldLists',
  `
  -- Lists read open_tasks and gauges cases_open_phase. Nobody reads these four, and each action paid for them.
  drop index cases_queue;
  drop index cases_held;
  drop index cases_unroutable;
  drop index cases_open;
`,
);
