import { migration } from '@gongdan/platform';

export const ticketLinks = migration(
  109,
  'TicketLinks',
  `
  create table ticket_links (
    org text not null, id uuid not null, kind text not null, from_id uuid not null, to_id uuid not null,
    linked_by text not null, linked_at timestamptz not null,
    primary key (org, id),
    unique (org, from_id, kind, to_id),
    check (from_id <> to_id)
  );
  create index ticket_links_to on ticket_links (org, to_id);
`,
);
