import { migration } from '@gongdan/platform';

export const manualRoutesMigration = migration(
  102,
  'Manual routes',
  `
  -- The route of a supervisor was counted as an action called "route" among those of the pack. It cannot be told apart in a pack that has such an
  -- action, so the old counters stay where they are.
  alter table cases add column manual_routes int not null default 0;
`,
);
