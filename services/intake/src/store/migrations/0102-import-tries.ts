import { migration } from '@gongdan/platform';

export const importTries = migration(
  102,
  'Import tries',
  `
  -- How often in a row the job failed for a reason that lies neither in its file nor in the environment.
  alter table import_jobs add column tries int not null default 0;
`,
);
