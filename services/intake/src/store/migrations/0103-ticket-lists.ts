import { migration } from '@gongdan/platform';

export const ticketLists = migration(
  103,
  'Ticket lists',
  `
  -- Each index costs an accept about 5 µs of Postgres, so only the list of a unit has one, and only for tickets that name a unit.
  create index tickets_unit on tickets (org, unit, registered_at desc, id desc) where unit is not null;
`,
);
