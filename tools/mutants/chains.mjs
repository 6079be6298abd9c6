// Planted bugs in how services hand on the depth of a chain of reactions (law 7 of the engine), in what reactions hear, and in the answers to what a process asks.
const REACTIONS = 'services/dispatch/test/events/reactions.svc-spec.ts';
const SLA = 'services/sla/test/requests.svc-spec.ts';
const INTAKE = 'services/intake/test/tickets/requests.svc-spec.ts';

export const CHAINS = [
  {
    id: 'chains-withdrawal-is-not-heard',
    invariant: 'A reaction hears a withdrawal after it has closed the case.',
    file: 'services/dispatch/src/entry/events.controller.ts',
    patch: [
      [
        'await this.withdrawCase.run(tx, event, this.clock.now());\n    await this.reactToEvents.run(tx, [event], this.clock.now());',
        'await this.withdrawCase.run(tx, event, this.clock.now());',
      ],
    ],
    spec: REACTIONS,
    test: 'hears a withdrawal after it has closed the case, and each withdrawal once',
  },
  {
    id: 'chains-clock-begins-anew',
    invariant: 'Law 7: a reaction to what another service says counts the reactions before it.',
    file: 'services/dispatch/src/use-cases/events/react-to-events.ts',
    patch: [['depth: depthOf(e)', 'depth: depthOf(e) * 0']],
    spec: REACTIONS,
    test: 'counts the depth of a chain that goes through the clocks: the ninth reaction is refused, told and counted',
  },
  {
    id: 'chains-registration-begins-anew',
    invariant: 'Law 7: a reaction to the registration that a reaction asked for counts the reactions before it.',
    file: 'services/dispatch/src/use-cases/events/open-cases.ts',
    patch: [['depth: depthOf(e) };', 'depth: depthOf(e) * 0 };']],
    spec: REACTIONS,
    test: 'counts the depth of a chain that registered the ticket',
  },
  {
    id: 'chains-answer-begins-anew',
    invariant: 'Law 7: a reaction to the answer of a request counts the reactions before it.',
    file: 'services/dispatch/src/use-cases/events/note-answers.ts',
    patch: [['depth: depthOf(e),', 'depth: depthOf(e) * 0,']],
    spec: 'services/dispatch/test/events/answers.svc-spec.ts',
    test: 'the ninth reaction of a chain that went through sla is refused, and the request is settled',
  },
  {
    id: 'chains-sla-forgets-the-depth',
    invariant: 'Law 7: what an event makes of a clock carries the depth of its chain.',
    file: 'services/sla/src/use-cases/keep-clocks.ts',
    patch: [['followed(events, state, depth)', 'followed(events, state, depth * 0)']],
    spec: SLA,
    test: 'what an event makes of a clock carries the depth of its chain, what a clock says through time does not',
  },
  {
    id: 'chains-late-clock-begins-anew',
    invariant: 'Law 7: a clock that was over when a chain started it does not begin a new chain.',
    file: 'services/sla/src/use-cases/fire-due.ts',
    patch: [
      ['followed(decision.events, state.clock, state.origin.depth)', 'followed(decision.events, state.clock, state.origin.depth * 0)'],
    ],
    spec: SLA,
    test: 'what a clock says that was over when a chain started it carries the depth of the chain, also when it is due later',
  },
  {
    id: 'chains-intake-forgets-the-depth',
    invariant: 'Law 7: what a process asks of intake carries the depth of its chain on.',
    file: 'services/intake/src/domain/requested.ts',
    patch: [['(cause?.depth ?? 0)', '(cause?.depth ?? 0) * 0']],
    spec: INTAKE,
    test: 'carries the depth of the chain on, and refuses the ninth',
  },
  {
    id: 'chains-deadline-in-the-past',
    invariant: 'A process cannot extend a clock to an instant that has passed.',
    file: 'services/sla/src/domain/requests.ts',
    patch: [['if (ms(dueAt) <= ms(at)) throw', 'if (ms(dueAt) <= 0) throw']],
    spec: SLA,
    test: 'refuses an extension with a code when the clock is unknown, not running, overdue, or would end in the past',
  },
  {
    id: 'chains-overdue-clock-is-extended',
    invariant: 'A clock that is overdue when a process asks stays so.',
    file: 'services/sla/src/domain/requests.ts',
    patch: [[' || ms(at) > ms(clock.dueAt)) throw', ') throw']],
    spec: SLA,
    test: 'refuses an extension with a code when the clock is unknown, not running, overdue, or would end in the past',
  },
  {
    id: 'chains-late-spends-the-present',
    invariant: 'A late reaction to an earlier run spends no limit of the present run.',
    file: 'libs/engine/src/decide/limits.ts',
    patch: [['(earlier ? 0 : 1)', '1']],
    spec: 'libs/engine/src/laws/late.spec.ts',
    test: 'spends the limit of the earlier runs and not that of the present one',
  },
];
