import { migration } from '@gongdan/platform';

export const recipients = migration(
  103,
  'Recipients',
  `
  -- Whom rules mean by registrar, registering-unit and watchers. Tickets of earlier releases have none of them.
  alter table known_tickets add column registered_by text, add column registering_unit text, add column watchers text[];
`,
);
