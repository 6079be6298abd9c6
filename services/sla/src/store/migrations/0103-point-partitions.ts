import { migration } from '@gongdan/platform';

export const pointPartitions = migration(
  103,
  'Point partitions',
  `
  -- A point fires when its partition of gongdan.tickets has been applied up to its due instant (docs/adr/0031). The partition of a ticket never changes.
  -- Points written before this column existed have -1: they wait for all partitions.
  alter table clock_points add column part smallint not null default -1;
  create index clock_points_part_due on clock_points (part, due_at);
`,
);
