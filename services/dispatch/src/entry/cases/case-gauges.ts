import { Injectable } from '@nestjs/common';
import { OPEN_STATES } from '@gongdan/contracts';
import { dueGauges } from '@gongdan/due';
import { Database, Metrics } from '@gongdan/platform';
import { RequeueTasks } from '../../use-cases/work/requeue-tasks.js';
import { WorkOnTickets } from '../../use-cases/work/work-on-tickets.js';
import { CountCases } from '../../use-cases/lists/count-cases.js';

/** What an operator watches. All replicas show the same figures, because they read the same tables. */
@Injectable()
export class CaseGauges {
  constructor(metrics: Metrics, cases: CountCases, requeueTasks: RequeueTasks, workOnTickets: WorkOnTickets, database: Database) {
    metrics.gauge(
      'gongdan_cases_open',
      'Open cases by state; unroutable ones wait for a supervisor. Counts 200,000 cases at most',
      ['state'],
      async (gauge) => {
        const counts = new Map((await cases.openByState()).map((c) => [c.state, c.cases]));
        for (const state of OPEN_STATES) gauge.set({ state }, counts.get(state) ?? 0);
      },
    );
    metrics.gauge('gongdan_cases_queued', 'Cases that wait in the queues of units. Counts 200,000 cases at most', [], async (gauge) =>
      gauge.set(await cases.queued()),
    );
    metrics.gauge(
      'gongdan_requeue_failing',
      'Tasks of leavers and closed units that could not be requeued; each is retried after at most five minutes',
      [],
      async (gauge) => gauge.set(await requeueTasks.failing(database)),
    );
    metrics.gauge(
      'gongdan_ticket_work_failing',
      'Tickets of bulk actions and cascades whose action failed; each is retried after at most five minutes',
      [],
      async (gauge) => gauge.set(await workOnTickets.failing(database)),
    );
    const late = 'sleeping tasks that are due and have not woken';
    dueGauges(metrics, cases, {
      failing: ['gongdan_tasks_failing', 'Sleeping tasks whose waking failed; each is retried after at most five minutes'],
      waiting: ['gongdan_tasks_waiting', `Number of ${late}`],
      oldest: ['gongdan_tasks_waiting_oldest_seconds', `Age of the oldest of the ${late}`],
    });
  }
}
