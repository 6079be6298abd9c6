import { migration } from '@gongdan/platform';

export const unreadPlans = migration(
  112,
  'Unread plans',
  `
  -- Versions that the release which heard them could not read: a newer release takes their plans over when it starts.
  alter table plan_packs add column unread int[] not null default '{}';
`,
);
