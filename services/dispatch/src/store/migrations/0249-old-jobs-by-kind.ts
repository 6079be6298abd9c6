import { migration } from '@gongdan/platform';

export const oldJobsByKindMigration = migration(
  249,
  'Old jobs by kind',
  `
  -- Cascades stay a year longer than bulk actions: in one order by age the deletion read all that stay, 200 times an hour.
  create index ticket_jobs_old on ticket_jobs (kind, made_at);
  drop index ticket_jobs_made;
`,
);
