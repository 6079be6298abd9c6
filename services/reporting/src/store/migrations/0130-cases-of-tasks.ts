import { migration } from '@gongdan/platform';

export const casesOfTasks = migration(
  130,
  'CasesOfTasks',
  `
  alter table ticket_rows
    add column phase text not null default 'open', add column run int not null default 1, add column side_tasks int not null default 0,
    add column urges int not null default 0, add column judged_unit text, add column judged_class text;
  update ticket_rows set phase = 'closed' where state in ('closed', 'cancelled');
  update ticket_rows set run = reopens + 1 where reopens > 0;
`,
);
