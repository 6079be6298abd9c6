import { migration } from '@gongdan/platform';

export const sequencesOfTheOwner = migration(
  108,
  'Sequences of the owner',
  `
  -- Makes the sequence of a new series as the owner of the tables: a service that migrates with a role of its own may create nothing itself.
  alter function gongdan_next_number(text, text) security definer set search_path = public, pg_temp;
`,
);
