import { migration } from '@gongdan/platform';

export const failingPoints = migration(
  104,
  'Failing points',
  `
  -- A point whose firing failed is fired apart from all others, and not before retry_at.
  alter table clock_points add column failures int not null default 0, add column retry_at timestamptz;
  create index clock_points_failing on clock_points (retry_at) where failures > 0;
`,
);
