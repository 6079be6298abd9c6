import { type DueTable } from '@gongdan/due';

/** Tasks that sleep. A sleep waits for no event: what ends it early is decided under the lock of the case, and whoever comes first wins. */
export const DUE_TASKS: DueTable = {
  points: 'due_tasks',
  subject: 'task',
  tickets: { table: 'cases', id: 'ticket_id' },
  waitsForEvents: false,
};
