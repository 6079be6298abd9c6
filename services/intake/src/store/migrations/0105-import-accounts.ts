import { migration } from '@gongdan/platform';

export const importAccounts = migration(
  105,
  'Import accounts',
  `
  -- Lines of a row beyond its first: a quoted cell may have line ends. Null in rows of an earlier version, which did not count them.
  alter table import_results add column last_line int;
  alter table import_jobs add column merged int not null default 0, add column source_lines int;
  -- One upload at a time: until when the one under way may stay silent, by the database's clock. owner names it.
  alter table import_jobs add column upload_until timestamptz not null default '-infinity';
  -- tries counts claims since the last batch that was committed, the one under way included: a worker that dies without a word has had its try.
  comment on column import_jobs.tries is 'claims since the last committed batch';
`,
);
