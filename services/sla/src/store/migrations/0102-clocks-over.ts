import { migration } from '@gongdan/platform';

export const clocksOver = migration(
  102,
  'Clocks over',
  `
  -- The list of open clocks uses clocks_at_risk; this index serves the list of clocks that are over. A clock is in exactly one of the two.
  create index clocks_over on clocks (org, due_at, ticket_id) where state in ('stopped', 'cancelled');
`,
);
