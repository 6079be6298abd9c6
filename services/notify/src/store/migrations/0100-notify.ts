import { migration } from '@gongdan/platform';

export const messages = migration(
  100,
  'Messages',
  `
  -- What notify needs of a ticket to write about it. Its row lock orders the events of notify about the ticket (outbox.ts).
  create table known_tickets (
    org text not null, id uuid not null, pack_key text not null, pack_version int not null,
    number text not null, title text not null, description text not null, language text not null, registered_at timestamptz not null,
    facts json not null, contact_sealed text, silent boolean not null,
    step text, state text not null, unit text, holder text,
    primary key (org, id)
  ) with (fillfactor = 85);

  create table webhooks (
    org text not null, id uuid not null, url text not null, types text[] not null, description text not null,
    secret_sealed text not null, created_by text not null, created_at timestamptz not null default clock_timestamp(),
    disabled_at timestamptz, disabled_why text, deleted_at timestamptz,
    primary key (org, id)
  );

  -- One row per (event, channel, recipient, template): its id is made of them. Instants of delivery are real time and not gongdan_now():
  -- the clock of a provider is not shifted.
  create table messages (
    id uuid primary key, org text not null, ticket_id uuid, event_id uuid not null, event_name text not null,
    correlation_id text not null, traceparent text,
    channel text not null check (channel in ('email', 'webhook')), webhook_id uuid,
    recipient text not null, template text not null, language text not null,
    repeat text not null check (repeat in ('at-most-once', 'at-least-once')),
    -- For email the sealed {subject, text}; for webhook the body as it is sent.
    content text not null,
    state text not null check (state in ('planned', 'sending', 'accepted', 'failed', 'in-doubt')) default 'planned',
    attempt int not null default 0, due_at timestamptz not null default clock_timestamp(),
    owner uuid, lease_until timestamptz, sent_to text, receipt text, error text,
    -- With milliseconds, because cursors of lists hold no more.
    planned_at timestamptz(3) not null default clock_timestamp(), finished_at timestamptz
  ) with (fillfactor = 85);
  create index messages_due on messages (due_at) where state = 'planned' and channel = 'email';
  create index messages_due_webhook on messages (webhook_id, due_at) where state = 'planned' and channel = 'webhook';
  create index messages_sending on messages (lease_until) where state = 'sending';
  create index messages_ticket on messages (org, ticket_id, planned_at);
  create index messages_recent on messages (org, planned_at, id);
  create index messages_webhook on messages (webhook_id, planned_at) where webhook_id is not null;

  create table message_attempts (
    message_id uuid not null, attempt int not null, started_at timestamptz not null default clock_timestamp(), ended_at timestamptz,
    outcome text check (outcome in ('accepted', 'refused', 'deferred', 'doubt')), receipt text, error text,
    primary key (message_id, attempt)
  );
`,
);
