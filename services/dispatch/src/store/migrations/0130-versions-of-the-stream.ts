import { migration } from '@gongdan/platform';

export const versionsOfTheStream = migration(
  130,
  'Versions of the stream',
  `
  -- The version of a case is the number of dispatch's last event about it. Amendments used to raise it without an event.
  -- An assignment has the number of the event that made it. Two steps, because the new number of one may be the old number of another.
  update assignments a set no = -e.seq
    from cases c join ticket_event e on e.org = c.org and e.ticket_id = c.ticket_id
    where a.org = c.org and a.ticket_id = c.ticket_id and (e.data -> 'case' ->> 'version')::int = a.no
      and c.version <> (select max(l.seq) from ticket_event l where l.org = c.org and l.ticket_id = c.ticket_id);
  update assignments set no = -no where no < 0;
  update cases c set version = l.seq
    from (select org, ticket_id, max(seq) as seq from ticket_event group by org, ticket_id) l
    where c.org = l.org and c.ticket_id = l.ticket_id and c.version <> l.seq;
`,
);
