import { migration } from '@gongdan/platform';

export const removedMembershipsMigration = migration(
  170,
  'Removed memberships',
  `
  -- The sweep for tasks of leavers reads them.
  create index directory_entries_removed on directory_entries (org, id) where kind = 'membership' and entry is null;
`,
);
