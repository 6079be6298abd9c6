import { migration } from '@gongdan/platform';

export const runs = migration(
  106,
  'Runs',
  `
  -- Run of the case in which the clock started; null when the event that started it did not tell it, and for clocks of older releases.
  alter table clocks add column run int;
`,
);
