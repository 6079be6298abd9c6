import { migration } from '@gongdan/platform';

export const openCasesMigration = migration(
  103,
  'Open cases',
  `
  -- The gauges count open cases by state from this index alone.
  create index cases_open on cases (state) where state not in ('closed', 'cancelled');
`,
);
