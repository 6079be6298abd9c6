import { migration } from '@gongdan/platform';

export const numbersInAnyWriting = migration(
  107,
  'Numbers in any writing',
  `
  -- Width and blanks do not count either, also where the format of a pack itself has full-width characters (store/number-key.ts). The name of
  -- the index stays: the code knows a clash of numbers by it.
  drop index tickets_number;
  create unique index tickets_number on tickets (org, upper(regexp_replace(normalize(number, nfkc), '\\s', '', 'g')));
`,
);
