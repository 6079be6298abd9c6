import { migration } from '@gongdan/platform';

export const redelivery = migration(
  101,
  'Redelivery',
  `
  -- Attempts made before the message was last asked for by hand: its schedule of tries begins again after them.
  alter table messages add column earlier_attempts int not null default 0;
`,
);
