import { migration } from '@gongdan/platform';

export const fairLanes = migration(
  102,
  'FairLanes',
  `
  -- Host and port: two webhooks of one organisation to one host share its places. The address was normalised before it was stored.
  alter table webhooks add column receiver text generated always as (substring(url from '^[a-z]+://([^/?#]+)')) stored;
  -- Mails are claimed organisation by organisation.
  create index messages_due_mail on messages (org, due_at) where state = 'planned' and channel = 'email';
  drop index messages_due;
  -- For the gauge of messages that failed or are in doubt since yesterday.
  create index messages_not_sent on messages (finished_at) where state in ('failed', 'in-doubt');
`,
);
