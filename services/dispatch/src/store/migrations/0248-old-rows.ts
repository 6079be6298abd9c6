import { migration } from '@gongdan/platform';

export const oldRowsMigration = migration(
  248,
  'Old rows',
  `
  -- Cascades and refused updates are deleted one day, too.
  create index ticket_jobs_made on ticket_jobs (made_at);
  drop index ticket_jobs_old;
  create index refused_submissions_old on refused_submissions (refused_at);
`,
);
