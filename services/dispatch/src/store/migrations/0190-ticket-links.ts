import { migration } from '@gongdan/platform';

export const ticketLinksMigration = migration(
  190,
  'TicketLinks',
  `
  -- One row per end of a link, so that each ticket finds its own by the primary key. ` +
    'kind' +
    ` is what the other ticket is to this one.
  create table ticket_links (
    org text not null, ticket_id uuid not null, kind text not null, other uuid not null,
    primary key (org, ticket_id, kind, other)
  );
`,
);
