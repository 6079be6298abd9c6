import { migration, type MigrationClass } from '@gongdan/platform';
import { PRODUCER_WATERMARK } from './outbox/watermark-publisher.js';

/** The tables that every service has for publishing and consuming. Orders 10 to 19. */
export const messagingMigrations: MigrationClass[] = [
  migration(
    10,
    'Messaging',
    `
    -- All events that this service ever recorded. The primary key refuses two events with one number; timeline, audit and republish read it.
    create table ticket_event (
      org text not null, ticket_id uuid not null, seq bigint not null,
      event_id uuid not null, name text not null, version smallint not null,
      occurred_at timestamptz not null, recorded_at timestamptz not null default clock_timestamp(),
      correlation_id text not null, causation_id uuid, traceparent text, actor_id text not null, actor_name text,
      data json not null,
      primary key (org, ticket_id, seq)
    );
    create index ticket_event_recorded on ticket_event using brin (recorded_at);

    -- Pointers to what is not yet on the bus. A row is deleted when it was sent; nothing ever passes it by id (docs/adr/0003).
    create table outbox (
      id bigint generated always as identity (cache 1) primary key,
      part smallint not null, org text not null, ticket_id uuid not null, seq bigint not null
    ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0,
            autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 10000);

    create table outbox_leases (part smallint primary key, owner uuid, epoch bigint not null default 0, until timestamptz not null default '-infinity');
    insert into outbox_leases (part) select generate_series(0, 63);
    create table relay_members (owner uuid primary key, seen_at timestamptz not null);

    -- How far each stream (producer, ticket) was applied here: dedupe, order and fence in one row.
    create table marks (
      org text not null, ticket_id uuid not null, producer text not null, last_seq bigint not null,
      primary key (org, ticket_id, producer)
    ) with (fillfactor = 80);

    -- Events that came before one they follow; applied when the gap is filled.
    create table waiting_events (
      org text not null, ticket_id uuid not null, producer text not null, seq bigint not null,
      topic text not null, partition int not null, position text not null, headers json not null, value bytea,
      since timestamptz not null default clock_timestamp(),
      primary key (org, ticket_id, producer, seq)
    );
    create table gaps (
      org text not null, ticket_id uuid not null, producer text not null, want_seq bigint not null,
      since timestamptz not null default clock_timestamp(), asked_at timestamptz, asked int not null default 0,
      primary key (org, ticket_id, producer)
    );

    -- Refused events, and events parked behind them. Rows without a ticket hold records that could not be read.
    create table parked_events (
      id bigint generated always as identity primary key,
      org text, ticket_id uuid, producer text, seq bigint, name text, version int,
      topic text not null, partition int not null, position text not null, headers json not null, value bytea,
      kind text not null check (kind in ('poison', 'behind', 'unreadable')),
      code text not null, error text not null, attempts int not null default 1,
      parked_at timestamptz not null default clock_timestamp()
    );
    create unique index parked_events_stream on parked_events (org, ticket_id, producer, seq) where ticket_id is not null;
    create unique index parked_events_position on parked_events (topic, partition, position) where ticket_id is null;
    create table parked_audit (
      id bigint generated always as identity primary key, at timestamptz not null default clock_timestamp(),
      actor text not null, action text not null, reason text, parked json not null
    );
  `,
  ),
  migration(
    11,
    'ParkedTried',
    `-- Whose redrive has the record in hand: meanwhile it blocks nothing, and it leaves only when it went through.
    alter table parked_events add column tried_by uuid;`,
  ),
  migration(
    12,
    'ParkedAgain',
    `-- When a record is tried again by itself: what it needs is not here yet. Null: an operator decides.
    alter table parked_events add column again_at timestamptz;`,
  ),
  migration(
    13,
    'ProducerWatermark',
    `-- When the pointer was put here: an event that is published again is old, its pointer is not.
    alter table outbox add column queued_at timestamptz not null default clock_timestamp();
    -- What is unsent now may have waited long for the broker: the time of this migration would let the watermark pass it.
    update outbox o set queued_at = e.recorded_at from ticket_event e where e.org = o.org and e.ticket_id = o.ticket_id and e.seq = o.seq;
    ${PRODUCER_WATERMARK}`,
  ),
  migration(
    14,
    'Signatures',
    `-- Short forms of the ids of the last eight events of the stream: another event with one of their numbers raises an alarm.
    alter table marks add column recent bigint[] not null default '{}';
    -- Only a message without a valid signature names the missing event: the gap is given up after three requests.
    alter table gaps add column unproven boolean not null default false;
    alter table parked_events drop constraint parked_events_kind_check,
      add constraint parked_events_kind_check check (kind in ('poison', 'behind', 'unreadable', 'unproven', 'conflict'));`,
  ),
  migration(
    15,
    'InsertOnlyHistory',
    `-- History is insert-only. The grant stops the role of the service, which owns the table, unless it grants itself the right back; the trigger
    -- stops every holder of the right, superusers included, until it is disabled. Statement triggers cost an insert nothing.
    create function refuse_change_of_history() returns trigger language plpgsql as $$
    begin
      raise exception 'ticket_event is insert-only: % is refused', lower(tg_op) using errcode = 'insufficient_privilege';
    end $$;
    create trigger ticket_event_insert_only before update or delete or truncate on ticket_event
      for each statement execute function refuse_change_of_history();
    revoke update, delete, truncate on ticket_event from public, current_user;`,
  ),
  migration(
    16,
    'StreamHeads',
    `-- Until when the heads of this service's streams have been published; and how far those of others were compared with the marks here.
    create table heads_published (only_row boolean primary key default true check (only_row), until timestamptz not null default clock_timestamp());
    insert into heads_published default values;
    create table heads_checked (
      producer text not null, partition int not null, until timestamptz not null, missing bigint not null,
      primary key (producer, partition)
    );
    -- The end of the table is read every minute: without this, everything since its last vacuum.
    alter index ticket_event_recorded set (autosummarize = on);`,
  ),
  migration(
    17,
    'OutboxQueuedAtStart',
    `-- The start of the transaction: an event may carry an instant from before a long wait for a lock, and the watermark must not pass it while the
    -- event is unsent. Pointers are no longer in the order of their times, so an index finds the oldest.
    alter table outbox alter column queued_at set default transaction_timestamp();
    create index outbox_queued on outbox (queued_at);
    ${PRODUCER_WATERMARK}`,
  ),
];
