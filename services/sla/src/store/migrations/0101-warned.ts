import { migration } from '@gongdan/platform';

export const warned = migration(
  101,
  'Warned',
  `
  -- What a limit burns as a whole, and which warnings were published since the start: a pause must neither move a warning nor repeat it.
  alter table clocks add column whole_of bigint, add column warned text[] not null default '{}';
`,
);
