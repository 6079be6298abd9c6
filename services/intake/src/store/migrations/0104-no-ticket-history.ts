import { migration } from '@gongdan/platform';

export const noTicketHistory = migration(
  104,
  'No ticket history',
  `
  -- What an old system said of a ticket stands in its first event; this copy was written and never read.
  alter table tickets drop column history;
`,
);
