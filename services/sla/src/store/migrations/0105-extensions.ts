import { migration } from '@gongdan/platform';

export const extensions = migration(
  105,
  'Extensions',
  `
  -- The due instant before the first extension, and how many reactions led to the event that last moved the clock.
  alter table clocks add column original_due_at timestamptz, add column depth smallint not null default 0;
`,
);
