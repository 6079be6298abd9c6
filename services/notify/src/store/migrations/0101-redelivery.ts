import { migration } from '@gongdan/platform';

export const redelivery = migration(
  101,
  'Redelivery',
  `
  -- Attempts that were made before the message was last sent again by hand: its schedule begins anew after them.
  alter table messages add column earlier_attempts int not null default 0;
`,
);
