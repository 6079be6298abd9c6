import { migration } from '@gongdan/platform';

export const importTries = migration(
  102,
  'Import tries',
  `
  -- How often in a row the job failed for a reason that is neither its file's nor the environment's.
  alter table import_jobs add column tries int not null default 0;
`,
);
