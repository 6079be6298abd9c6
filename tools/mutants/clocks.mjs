const FIRING = 'services/sla/test/firing.svc-spec.ts';
const POINTS = 'services/sla/test/points.svc-spec.ts';
const FAILING = 'services/sla/test/failing-clocks.svc-spec.ts';
const UNHEARD = 'services/sla/test/unheard.svc-spec.ts';
const RUNS = 'services/sla/test/runs.svc-spec.ts';

/** Clocks: a promise fires at its own instants and once. */
export const CLOCKS = [
  {
    id: 'clocks-old-points-stay',
    invariant: 'A clock that moved has no point of its former generation.',
    file: 'services/sla/src/store/clocks.store.ts',
    patch: [['and p.clock = c."key"\n', 'and p.clock = c."key" and false\n']],
    spec: POINTS,
  },
  {
    id: 'clocks-points-not-replaced',
    invariant: 'A resumed clock fires at its new instants and not at the old ones.',
    file: 'services/sla/src/store/clocks.store.ts',
    patch: [
      [
        "on conflict (org, ticket_id, clock, point) do update set ${POINT.assignExcluded(['org', 'ticketId', 'clock', 'point'])}, failures = 0, retry_at = null`;",
        'on conflict (org, ticket_id, clock, point) do nothing`;',
      ],
    ],
    spec: POINTS,
  },
  {
    id: 'clocks-fire-without-generation-and-state',
    invariant: 'A point fires only for the generation it was made for.',
    file: 'libs/due/src/due-firing.ts',
    patch: [['if (subject?.gen === point.gen)', 'if (subject !== undefined)']],
    spec: POINTS,
  },
  {
    id: 'clocks-claim-without-the-ticket',
    invariant: 'Due points are claimed under the lock of their ticket.',
    file: 'libs/due/src/due-sql.ts',
    patch: [['order by d.due_at limit $5 for update of t skip locked', 'order by d.due_at limit $5']],
    spec: POINTS,
  },
  {
    id: 'clocks-one-failing-stops-all',
    invariant: 'A clock whose firing fails stops no other.',
    file: 'libs/due/src/due-job.ts',
    patch: [['if (claimed.length === 0 || isDatabaseAway(error)) throw error;', 'if (claimed.length >= 0) throw error;']],
    spec: FAILING,
  },
  {
    id: 'clocks-failing-claimed-before-the-retry',
    invariant: 'A clock whose firing failed is not tried before its retry is due.',
    file: 'libs/due/src/due-sql.ts',
    patch: [
      ['(d.org, d.ticket_id, d.${subject}) not in (select f.org, f.ticket_id, f.${subject} from ${points} f where f.failures > 0)', 'true'],
    ],
    spec: FAILING,
    test: 'is not tried before its retry',
  },
  {
    id: 'clocks-breach-overtakes-a-failing-warning',
    invariant: 'A breach is published after the warnings of its clock, also when recording a warning failed.',
    file: 'libs/due/src/due-sql.ts',
    patch: [
      [
        '(d.org, d.ticket_id, d.${subject}) not in (select f.org, f.ticket_id, f.${subject} from ${points} f where f.failures > 0)',
        'd.failures = 0',
      ],
    ],
    spec: FAILING,
    test: 'is not tried before its retry',
  },
  {
    id: 'clocks-unclaimed-retries-starve-others',
    invariant: 'Clocks under retry that cannot be claimed keep no other clock from its retry.',
    file: 'libs/due/src/due-firing.ts',
    patch: [["if (!('limit' in which)) await this.points.postpone(tx, which);", '']],
    spec: FAILING,
    test: 'retries a clock although twenty',
  },
  {
    id: 'clocks-fire-unheard',
    invariant: 'A promise is not declared broken before the events until its due instant have been applied.',
    file: 'libs/due/src/due-sql.ts',
    patch: [
      [
        'const REACHED = `d.due_at <= greatest(r.applied, r.waited) and (${APPLIED} or d.due_at <= r.waited)`;',
        'const REACHED = `d.due_at <= gongdan_now()`;',
      ],
    ],
    spec: UNHEARD,
  },
  {
    id: 'clocks-unknown-watermark-is-now',
    invariant: 'A point waits while it is not known how far its partition has been applied.',
    file: 'libs/due/src/due-sql.ts',
    patch: [['case when r.until is not null then least(now.at, r.until) end as applied', 'least(now.at, r.until) as applied']],
    spec: UNHEARD,
  },
  {
    id: 'clocks-missing-events-ignored',
    invariant: 'A point waits while an event of its ticket is missing or parked.',
    file: 'libs/due/src/due-sql.ts',
    patch: [["d.due_at <= r.applied and not ${hasMissingEvents('d.org', 'd.ticket_id')}", 'd.due_at <= r.applied']],
    spec: UNHEARD,
  },
  {
    id: 'clocks-wait-ends-while-lagging',
    invariant: 'The wait for events is counted only while the partition is read to its end.',
    file: 'libs/due/src/reach.ts',
    patch: [['waited: p.readToEndForMs >= waitMs', 'waited: true']],
    spec: 'libs/due/src/reach.spec.ts',
  },
  {
    id: 'clocks-missed-warnings-dropped',
    invariant: 'A warning that was due while sla was down is published late, once.',
    file: 'services/sla/src/domain/transition.ts',
    patch: [['if (point.key === DUE || ms(point.at) >= ms(at)) continue;', 'continue;']],
    spec: FIRING,
  },
  {
    id: 'clocks-fire-without-state',
    invariant: 'A point of a clock that does not run does not fire.',
    file: 'services/sla/src/use-cases/fire-due.ts',
    patch: [["state.clock.state === 'running' ? state.clock.gen : undefined", 'state.clock.gen']],
    spec: POINTS,
  },
  {
    id: 'clocks-breach-twice',
    invariant: 'A broken promise has exactly one breach.',
    file: 'services/sla/src/domain/clock.ts',
    patch: [['return c.breachedAt === undefined && ms(at) > ms(c.dueAt)', 'return ms(at) > ms(c.dueAt)']],
    spec: 'services/sla/src/domain/clock.spec.ts',
  },
  {
    id: 'clocks-due-instant-breaks',
    invariant: 'A stop at the due instant itself keeps the promise.',
    file: 'services/sla/src/domain/clock.ts',
    patch: [["ms(open) <= ms(c.dueAt) ? 'met' : 'breached'", "ms(open) < ms(c.dueAt) ? 'met' : 'breached'"]],
    spec: 'services/sla/src/domain/clock.spec.ts',
  },
  {
    id: 'clocks-warnings-repeat-after-a-pause',
    invariant: 'A warning is published once since the start of the promise.',
    file: 'services/sla/src/domain/clock.ts',
    patch: [['{ ...c, warned: [...c.warned, point.key] },', '{ ...c, warned: c.warned },']],
    spec: 'services/sla/src/domain/clock.spec.ts',
  },
  {
    id: 'clocks-run-of-an-old-event',
    invariant: 'The run of a clock is unknown when the event that started it was published as version 1, which did not tell it.',
    file: 'services/sla/src/domain/ticket.ts',
    patch: [[' && event.data.case.pack !== undefined ?', ' ?']],
    spec: RUNS,
    test: 'is unknown for a clock that an event of version 1 started, and for one of an older release',
  },
  {
    id: 'clocks-run-of-the-first-start',
    invariant: 'A clock that starts again belongs to the run in which it starts again.',
    file: 'services/sla/src/domain/clock.ts',
    patch: [['    ...s,\n    gen:', '    ...s,\n    run: before?.run ?? s.run,\n    gen:']],
    spec: RUNS,
    test: 'is that of the event that started it, told by each of its events until it starts again',
  },
  {
    id: 'clocks-fire-without-their-run',
    invariant: 'What a clock publishes by itself names the run of the clock.',
    file: 'services/sla/src/store/clock-columns.ts',
    patch: [
      [
        'const { correlationId, causationId, traceparent, depth, ...clock }',
        'const { correlationId, causationId, traceparent, depth, run: _, ...clock }',
      ],
      ['return { clock, origin', 'return { clock: { ...clock, run: undefined }, origin'],
    ],
    spec: RUNS,
    test: 'is told by what fires',
  },
  {
    id: 'clocks-extend-at-the-due-instant',
    invariant: 'An extension asked for at the due instant is in time.',
    file: 'services/sla/src/domain/requests.ts',
    patch: [['ms(at) > ms(clock.dueAt)) throw', 'ms(at) >= ms(clock.dueAt)) throw']],
    spec: 'services/sla/src/domain/requests.spec.ts',
    test: 'when it is asked for after the due instant, and not at it',
  },
  {
    id: 'clocks-extend-after-the-breach',
    invariant: 'A clock whose breach was published is not extended.',
    file: 'services/sla/src/domain/requests.ts',
    patch: [['clock.breachedAt !== undefined || ms(at)', 'ms(at)']],
    spec: 'services/sla/src/domain/requests.spec.ts',
    test: 'an extension is refused',
  },
  {
    id: 'clocks-extend-what-is-over',
    invariant: 'Only a running clock is extended.',
    file: 'services/sla/src/domain/requests.ts',
    patch: [["if (clock?.state !== 'running') throw", 'if (clock === undefined) throw']],
    spec: 'services/sla/src/domain/requests.spec.ts',
    test: 'an extension is refused',
  },
  {
    id: 'clocks-extend-forgets-warnings',
    invariant: 'Warnings that lie ahead of an extension are published again.',
    file: 'services/sla/src/domain/requests.ts',
    patch: [['!ahead.has(key)', '(!ahead.has(key) || key.length > 0)']],
    spec: 'services/sla/src/domain/requests.spec.ts',
    test: 'publishes again the warnings that lie ahead, and not those whose instant has passed',
  },
  {
    id: 'clock-runs-into-the-next-run',
    invariant: 'A clock that a later run starts again is that of the later run.',
    file: 'services/sla/src/domain/transition.ts',
    patch: [['run !== undefined && than !== undefined && run < than', 'false']],
    spec: 'services/sla/test/runs.svc-spec.ts',
  },
];
