import { migration } from '@gongdan/platform';

export const turnsOfTicketWorkMigration = migration(
  246,
  'Turns of ticket work',
  `
  -- The first tickets of every job come before the second ones: a job of 20,000 tickets holds up no short one.
  create index ticket_work_turns on ticket_work (n, at) where state = 'waiting';
  drop index ticket_work_waiting;
`,
);
