import { migration } from '@gongdan/platform';

export const directoryAuditMigration = migration(
  110,
  'DirectoryAudit',
  `
  -- Who changed which entry when, and how; a row is written once and never changed. Contacts stand in it sealed.
  create table directory_audit (
    org text not null, n bigint generated always as identity,
    at timestamptz not null, by_id text not null, by_name text, kind text not null, id text not null, before jsonb, after jsonb,
    primary key (org, n)
  );
  create index directory_audit_entry on directory_audit (org, kind, id, n);`,
);
