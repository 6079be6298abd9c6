import { migration } from '@gongdan/platform';

export const planOfATicket = migration(
  111,
  'Plan of a ticket',
  `
  -- The recurring plan that registered the ticket, and the instant for which it did: {key, occurrence}.
  alter table tickets add column plan json;
  update tickets t set plan = json_build_object('key', p.plan, 'occurrence', to_char(p.occurrence at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
    from planned_tickets p where p.org = t.org and p.ticket_id = t.id;
`,
);
