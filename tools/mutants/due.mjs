const SPEC = 'libs/due/src/firing.spec.ts';
const SQL = 'libs/due/src/due-sql.ts';

/** Due points in general; those that wait for events are in clocks.mjs. */
export const DUE = [
  {
    id: 'due-claimed-without-the-ticket',
    invariant: 'What is due is decided under the lock of its ticket.',
    file: SQL,
    patch: [['order by d.due_at limit $1 for update of t skip locked', 'order by d.due_at limit $1']],
    spec: SPEC,
  },
  {
    id: 'due-claims-wait-for-each-other',
    invariant: 'A second replica claims the next points instead of waiting for the first.',
    file: SQL,
    patch: [['order by d.due_at limit $1 for update of t skip locked', 'order by d.due_at limit $1 for update of t']],
    spec: SPEC,
    test: 'lets a second replica claim the next points',
  },
  {
    id: 'due-generation-not-checked',
    invariant: 'A point fires only for the generation it was made for.',
    file: 'libs/due/src/due-firing.ts',
    patch: [['if (subject?.gen === point.gen)', 'if (subject !== undefined)']],
    spec: SPEC,
    test: 'drops a due point',
  },
  {
    id: 'due-point-deleted-before-its-effect',
    invariant: 'A point and its effect change in one transaction.',
    file: 'libs/due/src/due-job.ts',
    patch: [
      [
        'return this.options.database.transaction((tx) => this.firing.run(tx, command));',
        'return this.firing.run(this.options.database as never, command);',
      ],
    ],
    spec: SPEC,
    test: 'killed by signal 9',
  },
  {
    id: 'due-one-failing-stops-all',
    invariant: 'A point that fails stops no other.',
    file: 'libs/due/src/due-job.ts',
    patch: [['if (claimed.length === 0 || isDatabaseAway(error)) throw error;', 'if (claimed.length >= 0) throw error;']],
    spec: SPEC,
    test: 'sets a point that fails aside',
  },
  {
    id: 'due-failing-overtaken',
    invariant: 'The points of a subject fire in the order of their instants, also when one failed.',
    file: SQL,
    patch: [['order by due_at, ${subject}, point`', 'order by due_at desc, ${subject}, point`']],
    spec: SPEC,
  },
  {
    id: 'due-by-real-time',
    invariant: 'What is due follows the clock of the database with its offset.',
    file: SQL,
    patch: [
      [
        "const BY_TIME = 'reach as materialized (select gongdan_now() as at)';",
        "const BY_TIME = 'reach as materialized (select clock_timestamp() as at)';",
      ],
    ],
    spec: SPEC,
    test: 'fires by the clock of the database',
  },
  {
    id: 'due-retries-without-back-off',
    invariant: 'A failing point is retried later each time.',
    file: SQL,
    patch: [["least(300, 2 ^ least(n.failures, 10)) * interval '1 second'", "0 * interval '1 second'"]],
    spec: SPEC,
    test: 'sets a point that fails aside',
  },
  {
    id: 'due-ended-sleep-stays',
    invariant: 'A task that woke, ended or moved on has no due point.',
    file: 'services/dispatch/src/store/cases/save-case.ts',
    patch: [['delete from due_tasks d using saved s where ', 'delete from due_tasks d using saved s where false and ']],
    spec: 'services/dispatch/test/cases/waking.svc-spec.ts',
    test: 'does not wake a task whose step ended',
  },
  {
    id: 'due-next-sleep-unnoticed',
    invariant: 'A task that goes to sleep again wakes at the new instant.',
    file: 'services/dispatch/src/store/cases/save-case.ts',
    patch: [['where d.gen <> excluded.gen or d.due_at <> excluded.due_at', 'where false']],
    spec: 'services/dispatch/test/cases/waking.svc-spec.ts',
    test: 'moves the instant',
  },
  {
    id: 'due-sleep-not-checked',
    invariant: 'A due point wakes a task only from the sleep it was made for.',
    file: 'services/dispatch/src/domain/sleeps.ts',
    patch: [['task?.sleepsUntil === undefined ? undefined : task.sleeps', 'task?.sleeps']],
    spec: 'services/dispatch/src/domain/sleeps.spec.ts',
  },
  {
    id: 'due-sleeping-list-reads-the-pool',
    invariant: 'The list of sleeping tasks reads an index that holds no others, under a generic plan, too.',
    file: 'services/dispatch/src/store/cases/lists.store.ts',
    patch: [
      ["t.sleeps_until is ${sleeping ? 'not null' : 'null'}`", '(t.sleeps_until is not null) = $3::boolean`'],
      ['[org, unit], limit, after)', '[org, unit, sleeping], limit, after)'],
    ],
    spec: 'services/dispatch/test/lists/plans-of-lists.svc-spec.ts',
    test: 'over the index that holds no others',
  },
];
