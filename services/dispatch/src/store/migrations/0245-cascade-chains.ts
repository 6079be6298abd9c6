import { migration } from '@gongdan/platform';

export const cascadeChainsMigration = migration(
  245,
  'Cascade chains',
  `
  -- root: the cascade with which a chain of cascades began, so that the chain reaches each ticket once. run: that of the parent when it asked; after a reopening no
  -- ticket is added any more. Null in both: written by the release before.
  alter table ticket_jobs add column root uuid, add column run int;
  create index ticket_jobs_root on ticket_jobs (org, root) where kind = 'cascade';
`,
);
