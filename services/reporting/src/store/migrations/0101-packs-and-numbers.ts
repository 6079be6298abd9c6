import { migration } from '@gongdan/platform';

export const packsAndNumbers = migration(
  101,
  'PacksAndNumbers',
  `
  -- What figures need of each pack version. A rebuild keeps it: it comes over gongdan.packs.
  create table pack_rows (
    org text not null, key text not null, version int not null, zone text, attributes text[] not null, published_at timestamptz not null,
    primary key (org, key, version)
  );

  -- Numbers are found in any case and width, and with blanks in them (store/search.ts).
  drop index ticket_rows_number;
  create index ticket_rows_number on ticket_rows (org, upper(regexp_replace(normalize(number, nfkc), '\\s', '', 'g')));

  -- Asked with every figure.
  create index rebuilds_running on rebuilds (id) where finished_at is null;
`,
);
