import { createDueTable } from '@gongdan/due';
import { migration } from '@gongdan/platform';
import { PLAN_POINTS } from '../plans/plan-points.store.js';

export const plans = migration(
  110,
  'Plans',
  `
  -- When each version of a pack was published, by version: a plan of a version ends where the next version begins. The row is the lock of the pack's plans.
  create table plan_packs (org text not null, pack text not null, versions jsonb not null, primary key (org, pack));
  -- A plan of one version of a pack. Occurrences until done_until are registered or skipped.
  create table plans (
    org text not null, id uuid not null, pack text not null, version int not null, plan text not null, gen int not null default 1,
    from_at timestamptz not null, until_at timestamptz, done_until timestamptz not null,
    skipped int not null default 0, skipped_until timestamptz,
    primary key (org, id)
  ) with (fillfactor = 80);
  create index plans_pack on plans (org, pack);
  ${createDueTable(PLAN_POINTS)}
  -- The tickets that plans registered. The key is the idempotency key: an occurrence is registered once, whichever version of the pack does it.
  create table planned_tickets (
    org text not null, pack text not null, plan text not null, occurrence timestamptz not null,
    ticket_id uuid not null, registered_at timestamptz not null,
    primary key (org, pack, plan, occurrence)
  );
`,
);
