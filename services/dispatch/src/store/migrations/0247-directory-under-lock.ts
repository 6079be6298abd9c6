import { migration } from '@gongdan/platform';

export const directoryUnderLockMigration = migration(
  247,
  'Directory under lock',
  `
  -- A statement that waits for a row lock reads every other table as it was before the wait; a volatile function reads it as it is now. PL/pgSQL is
  -- never inlined into the statement.
  create function directory_version_now(of_org text) returns bigint language plpgsql volatile as $$
    begin return coalesce((select version from directory_versions where org = of_org), 0); end $$;
`,
);
