import { migration } from '@gongdan/platform';

export const ticketLists = migration(
  103,
  'Ticket lists',
  `
  -- Each index costs an accept some 5 µs of Postgres: only the list a desk looks at has one, and only for tickets that name a desk.
  create index tickets_unit on tickets (org, unit, registered_at desc, id desc) where unit is not null;
`,
);
