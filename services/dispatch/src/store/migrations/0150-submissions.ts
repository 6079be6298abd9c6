import { migration } from '@gongdan/platform';

export const submissionsMigration = migration(
  150,
  'Submissions',
  `
  -- Updates of devices that were refused when they arrived (P19): nothing that a person in the field entered is lost. The input is sealed.
  create table refused_submissions (
    org text not null, client text not null, key text not null, ticket_id uuid not null, action text not null, code text not null,
    occurred_at timestamptz, refused_at timestamptz not null, sealed text not null,
    primary key (org, client, key)
  );
  create index refused_submissions_ticket on refused_submissions (org, ticket_id, refused_at);`,
);
