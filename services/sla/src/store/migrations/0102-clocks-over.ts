import { migration } from '@gongdan/platform';

export const clocksOver = migration(
  102,
  'Clocks over',
  `
  -- The list of open clocks has an index of its own (clocks_at_risk); this one serves the list of those that are over. A clock is in one of the two.
  create index clocks_over on clocks (org, due_at, ticket_id) where state in ('stopped', 'cancelled');
`,
);
