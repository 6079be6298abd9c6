import { migration } from '@gongdan/platform';

export const numbersInAnyCase = migration(
  106,
  'Numbers in any case',
  `
  -- A number is found in any case (people type it), so two numbers that differ by case alone would be one. The name of the index stays: the
  -- code of an earlier version, which may still run, knows a clash of numbers by it.
  drop index tickets_number;
  create unique index tickets_number on tickets (org, upper(number));
`,
);
