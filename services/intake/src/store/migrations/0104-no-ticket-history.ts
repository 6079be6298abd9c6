import { migration } from '@gongdan/platform';

export const noTicketHistory = migration(
  104,
  'No ticket history',
  `
  -- The history of an imported ticket is in its first event; this copy was written and never read.
  alter table tickets drop column history;
`,
);
