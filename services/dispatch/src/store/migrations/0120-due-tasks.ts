import { createDueTable } from '@gongdan/due';
import { migration } from '@gongdan/platform';
import { DUE_TASKS } from '../work/due-tasks.js';

export const dueTasksMigration = migration(
  120,
  'Due tasks',
  `
  -- One row per task that sleeps: the number of the task is its subject, the number of its sleep the generation (docs/adr/0041).
  ${createDueTable(DUE_TASKS)}
`,
);
