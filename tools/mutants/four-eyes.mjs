// Planted bugs in what four eyes and the seal of personal fields promise.
const in_ = (file) => `libs/engine/src/${file}`;
const FOUR_EYES = in_('laws/four-eyes.spec.ts');
const READABLE = in_('telling/readable-events.spec.ts');

export const FOUR_EYES_AND_SEALS = [
  {
    id: 'engine-take-keeps-from-others',
    invariant: 'Nobody takes a task on which he could do nothing.',
    file: in_('decide/verbs.ts'),
    patch: [["!admits('holder', x, actor, task) || isIdleWith(task, x, actor)", "!admits('holder', x, actor, task)"]],
    spec: FOUR_EYES,
    test: 'lets nobody take a task on which every action leaves him out',
  },
  {
    id: 'engine-take-refused-for-one-action',
    invariant: 'Whoever can do something with a task may take it.',
    file: in_('decide/verbs.ts'),
    patch: [['his.length > 0 && his.every(', 'his.length > 0 && his.some(']],
    spec: FOUR_EYES,
    test: 'on which one action of its holder is left to him',
  },
  {
    id: 'engine-forgets-early-doers',
    invariant: 'Law 2: `except` leaves out everybody who did the action.',
    file: in_('holders/performers.ts'),
    patch: [['    for (const by of done?.earlier ?? []) people.add(by);\n', '']],
    spec: FOUR_EYES,
    test: 'remembers whoever did something or held a task',
  },
  {
    id: 'engine-forgets-early-holders',
    invariant: 'Law 2: `except` leaves out everybody who held a task of the step.',
    file: in_('model/work.ts'),
    patch: [['const now = kept.filter((h) => h.person !== entry.person || h.unit !== unit);', 'const now = kept.slice(-31);']],
    spec: FOUR_EYES,
    test: 'remembers whoever did something or held a task',
  },
  {
    id: 'engine-leaves-out-others-unseen',
    invariant: 'Law 5: the version of a task tells that other people may take it.',
    file: in_('telling/tell.ts'),
    patch: [['was.except?.join() !== task.except?.join() || ', '']],
    spec: FOUR_EYES,
    test: 'changes the version of a task whose pool leaves out other people',
  },
  {
    id: 'engine-sets-personal-open',
    invariant: 'A personal field is sealed in store and on the bus, whoever sets it.',
    file: in_('effects/effects.ts'),
    patch: [['return comes ? value : w.view.seal(JSON.stringify(value));', 'return value;']],
    spec: READABLE,
    test: 'is told as sealed in each field that an effect sets from it',
  },
  {
    id: 'engine-tells-no-seal',
    invariant: 'Followers know which of the changed fields are sealed.',
    file: in_('effects/effects.ts'),
    patch: [['  w.sealed = [...new Set([...(w.sealed ?? []), name])];\n', '']],
    spec: READABLE,
    test: 'is told as sealed in each field that an effect sets from it',
  },
];
