import { migration } from '@gongdan/platform';

export const tickets = migration(
  100,
  'Tickets',
  `
  create table tickets (
    org text not null, id uuid not null, number text not null, version int not null default 1,
    registration text not null default 'registered' check (registration in ('registered', 'taken', 'withdrawn', 'closed')),
    -- Where the case stands by the last event of dispatch, for the public status.
    case_state text, case_unit text, case_at timestamptz,
    pack_key text not null, pack_version int not null,
    channel text not null, type text not null, category text not null, item text, urgency text, impact text, priority text not null,
    title text not null, description text not null, language text not null, place json, unit text, attributes json,
    contact_sealed text, has_email boolean not null, phone_tail text,
    source text, external_key text, content_digest text, history json,
    registered_at timestamptz not null, registered_by text not null, created_at timestamptz not null default clock_timestamp(),
    primary key (org, id)
  ) with (fillfactor = 85);
  create unique index tickets_number on tickets (org, number);
  create index tickets_newest on tickets (org, registered_at desc, id desc);
  create unique index tickets_external on tickets (org, source, external_key) where external_key is not null;

  create table number_counters (org text not null, series text not null, last bigint not null, primary key (org, series)) with (fillfactor = 50);
  -- Running numbers: one sequence per series, created with the first number. nextval never waits for another ticket's commit.
  create function gongdan_next_number(p_org text, p_series text) returns bigint language plpgsql as $fn$
  declare name text := 'number_' || md5(p_org || '|' || p_series);
  begin
    if to_regclass(name) is null then
      perform pg_advisory_xact_lock(hashtext(name));
      execute format('create sequence if not exists %I', name);
    end if;
    return nextval(name::regclass);
  end $fn$;

  -- Stored answers of creates (Idempotency-Key draft-07), written in the transaction of the ticket itself; kept seven days.
  create table idempotency_keys (
    org text not null, client text not null, key text not null, fingerprint text not null, answer json not null,
    created_at timestamptz not null default clock_timestamp(),
    primary key (org, client, key)
  );
  create index idempotency_keys_age on idempotency_keys using brin (created_at);
`,
);
