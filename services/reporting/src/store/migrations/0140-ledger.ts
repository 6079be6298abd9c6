import { migration } from '@gongdan/platform';

export const ledger = migration(
  140,
  'Ledger',
  `
  -- numeric, not float8: hours and parts are decimal fractions, and their sums are compared with sums made by hand.
  create table ledger_entries (
    org text not null, event_id uuid not null, position int not null, ticket_id uuid not null, pack text not null, unit text, person text not null,
    account text not null, item text, quantity numeric not null, at timestamptz not null,
    primary key (org, event_id, position)
  );
  create index ledger_entries_account on ledger_entries (org, account, at);
`,
);
