// Planted bugs in the events about cases and in those that follow them.
const FOLD = { file: 'libs/contracts/src/case.ts', spec: 'libs/contracts/src/case.spec.ts' };
const UPCAST = { file: 'libs/contracts/src/dispatch/upcast.ts', spec: 'libs/contracts/src/case.spec.ts' };

export const CASES = [
  {
    id: 'follow-keeps-side-tasks',
    invariant: 'The fold has the position of the last event and keeps nothing of the one before.',
    ...FOLD,
    patch: [
      ['burns, lead, side, class: classified, since: at', 'burns, lead, side: [...view.side, ...side], class: classified, since: at'],
    ],
  },
  {
    id: 'follow-branches-on-the-state',
    invariant: 'A reader takes the phase from the event, because it may not know the state.',
    ...FOLD,
    patch: [
      [
        'const position = { step, state, phase, run,',
        "const position = { step, state, phase: state === 'closed' ? ('closed' as const) : ('open' as const), run,",
      ],
    ],
  },
  {
    id: 'follow-shows-personal-fields',
    invariant: 'A personal form field is never among the facts of those who follow cases.',
    ...FOLD,
    patch: [['.filter(([name]) => changes?.sealed?.includes(name) !== true)', '']],
  },
  {
    id: 'follow-takes-a-repeated-class',
    invariant: 'An event that only repeats the class does not undo an amendment of intake.',
    ...FOLD,
    patch: [['return event.data.changes?.class;', 'return event.data.changes?.class ?? event.data.case.class;']],
  },
  {
    id: 'follow-upcasts-no-run',
    invariant: 'A reopening of version 1 begins the run after those that its count tells.',
    ...UPCAST,
    patch: [['run: count + 1', 'run: 1']],
  },
  {
    id: 'follow-upcasts-no-party',
    invariant: 'A suspension of version 1 tells whose time burns.',
    ...UPCAST,
    patch: [["waitsFor: older['reasonClass']", 'waitsFor: undefined']],
  },
  {
    id: 'follow-writes-any-word',
    invariant: 'A producer uses only the listed words; a reader keeps any.',
    file: 'libs/contracts/src/event.ts',
    patch: [['      written?.parse(parsed);\n', '']],
    spec: 'libs/contracts/src/case.spec.ts',
  },
  {
    id: 'follow-loses-other-names',
    invariant: 'Either name of a fact finds it.',
    file: 'libs/packs/src/conditions/condition.ts',
    patch: [['other === undefined ? undefined : valueAt(facts, other)', 'undefined']],
    spec: 'libs/packs/src/conditions/condition.spec.ts',
  },
  {
    id: 'follow-tells-the-lead-of-a-side-task',
    invariant: 'Holder and unit in a rule about a side task are those who got it.',
    file: 'services/notify/src/domain/recipients.ts',
    patch: [['return { unit, person };', 'return { unit: c.ticket.unit, person: c.ticket.holder };']],
    spec: 'services/notify/src/domain/plan.spec.ts',
  },
  {
    id: 'follow-forwards-personal-fields',
    invariant: 'A personal form field never leaves through a webhook.',
    file: 'services/notify/src/domain/subscription.ts',
    patch: [['withoutSealedFields(e.data)', 'e.data']],
    spec: 'services/notify/src/domain/subscription.spec.ts',
  },
  {
    id: 'follow-forgets-the-unit-of-closed',
    invariant: 'Reporting keeps the unit of a closed case.',
    file: 'services/reporting/src/projections/ticket-row.ts',
    patch: [['    unit: row.unit ?? undefined,\n', '']],
    spec: 'services/reporting/src/projections/ticket-row.spec.ts',
  },
  {
    id: 'late-run-is-not-read',
    invariant: 'Dispatch judges reactions by the run and the task that the event names.',
    file: 'services/dispatch/src/use-cases/events/react-to-events.ts',
    patch: [
      [', ...subjectOf(e) };', ' };'],
      ['EventEnvelope, subjectOf }', 'EventEnvelope }'],
    ],
    spec: 'services/dispatch/test/events/late-events.svc-spec.ts',
    test: 'run no reaction but those that say late, are counted, and leave the clock of the present run alone',
  },
  {
    id: 'late-sets-a-deadline',
    invariant: 'A late event of an earlier run sets no deadline in the work lists.',
    file: 'services/dispatch/src/domain/due-clocks.ts',
    patch: [['if (runs && run !== present)', 'if (runs && run > present)']],
    spec: 'services/dispatch/test/events/late-events.svc-spec.ts',
    test: 'sort no work list of the present run',
  },
  {
    id: 'late-answer-reacts',
    invariant: 'An answer to a request of an earlier run starts no reaction.',
    file: 'libs/engine/src/decide/answered.ts',
    patch: [['...(run === undefined ? {} : { run }) };', '...(run === undefined ? {} : {}) };']],
    spec: 'services/dispatch/test/events/late-events.svc-spec.ts',
    test: 'an answer to a request of an earlier run is noted, and runs no reaction',
  },
];
