import { Injectable } from '@nestjs/common';
import { DuePoints } from '@gongdan/due';
import { type Tx } from '@gongdan/platform';
import { type Slept, type SleepChange } from '../domain/sleeps.js';
import { DUE_TASKS } from './due-tasks.js';

// One statement. The rows that are deleted and those that are written are different ones, so the order of the parts does not matter.
const FOLLOW = `
with ended as (
  delete from due_tasks d using json_to_recordset($1::json) as e (org text, "ticketId" uuid, task text)
  where d.org = e.org and d.ticket_id = e."ticketId" and d.task = e.task
)
insert into due_tasks (org, ticket_id, task, point, gen, due_at)
select s.org, s."ticketId", s.task, 'wake', s.gen, s."dueAt" from json_to_recordset($2::json) as s (org text, "ticketId" uuid, task text, gen int, "dueAt" timestamptz)
on conflict (org, ticket_id, task, point) do update set gen = excluded.gen, due_at = excluded.due_at, failures = 0, retry_at = null`;

/** When sleeping tasks wake. */
@Injectable()
export class DueTasksStore extends DuePoints {
  constructor() {
    super(DUE_TASKS);
  }

  /** Writes what `sleepChange` found in the cases that are saved. No statement when no sleep changed. The caller holds the locks of the cases. */
  async follow(tx: Tx, changes: readonly SleepChange[]): Promise<void> {
    const ended = changes.flatMap((c): Slept[] => c.ended);
    const asleep = changes.flatMap((c) => c.asleep);
    if (ended.length === 0 && asleep.length === 0) return;
    await tx.run(FOLLOW, [JSON.stringify(ended), JSON.stringify(asleep)]);
  }
}
