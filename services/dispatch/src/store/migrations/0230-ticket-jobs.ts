import { migration } from '@gongdan/platform';

export const ticketJobsMigration = migration(
  230,
  'Ticket jobs',
  `
  -- One action on many tickets: a bulk action of a person, or a cascade, whose id is that of the request of the parent. An answered cascade stays: a ticket that is
  -- linked later is worked on, too.
  create table ticket_jobs (
    org text not null, id uuid not null, kind text not null check (kind in ('bulk', 'cascade')), action text not null,
    input text not null, actor json not null, cause json not null, fingerprint text, depth int not null default 0,
    parent uuid, links text, made_at timestamptz not null, answered_at timestamptz,
    primary key (org, id)
  );
  create index ticket_jobs_parent on ticket_jobs (org, parent, links) where kind = 'cascade';
  create index ticket_jobs_unanswered on ticket_jobs (made_at) where kind = 'cascade' and answered_at is null;
  create index ticket_jobs_old on ticket_jobs (made_at) where kind = 'bulk';
  create table ticket_work (
    org text not null, job uuid not null, ticket_id uuid not null, n int not null,
    state text not null default 'waiting' check (state in ('waiting', 'done', 'refused')),
    events text[] not null default '{}', code text, kind text, errors json,
    at timestamptz not null, failures int not null default 0, retry_at timestamptz,
    primary key (org, job, ticket_id),
    foreign key (org, job) references ticket_jobs (org, id) on delete cascade
  );
  create index ticket_work_waiting on ticket_work (at, n) where state = 'waiting';
`,
);
