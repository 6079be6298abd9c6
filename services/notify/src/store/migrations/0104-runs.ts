import { migration } from '@gongdan/platform';

export const runs = migration(
  104,
  'Runs',
  `
  -- Null for tickets of earlier releases, until the next event of their case.
  alter table known_tickets add column run int;
`,
);
