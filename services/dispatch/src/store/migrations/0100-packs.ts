import { migration } from '@gongdan/platform';

export const packsMigration = migration(
  100,
  'Packs',
  `
  -- Every version ever published; a case finishes on the version it began with, so none is ever deleted. The newest of a key is in force.
  create table packs_in_force (
    org text not null, key text not null, version int not null,
    digest text not null, pack jsonb not null,
    published_at timestamptz not null, published_by text not null,
    primary key (org, key, version)
  );
`,
);
