import { type Condition } from '../conditions/condition.js';
import {
  type ConditionTable,
  type Effect,
  type Form,
  type FormField,
  type HolderTable,
  type Performer,
  type Says,
  type Test,
} from '../format2/index.js';
import { type Action as Action2, type Process as Process2, type Step as Step2 } from '../format2/process.js';
import { type Pack as PackFormat1 } from './pack.js';
import { type Action, type ActionField, type ActionKind, FIELDS_OF } from './process.js';
import { type RuntimePack } from '../reading/runtime.js';

// Format 1 had ten kinds of action in code. Each expands here into effects; a stored pack of format 1 is read through this for ever (engine.md 8).

const FINAL = new Set(['closed', 'cancelled']);
const TABLE = 'main';

/** A pack of format 1 as format 2. Pure; the pack was checked when it was published. */
export function fromFormat1(pack: PackFormat1): RuntimePack {
  const { process, routing } = pack;
  const returns = Object.keys(process.actions).filter((key) => process.actions[key]?.kind === 'return');
  const actions = Object.entries(process.actions);
  return {
    pack: { ...pack.pack, format: 2 },
    org: pack.org,
    catalogue: pack.catalogue,
    forms: Object.fromEntries(actions.map(([key, action]) => [key, formOf(pack, action)])),
    intake: pack.intake,
    process: {
      start: [{ go: process.system.routed, holder: { route: TABLE } }],
      system: { unroutable: process.system.unroutable, withdrawn: process.system.withdrawn, importedClosed: process.system.importedClosed },
      steps: Object.fromEntries(Object.entries(process.steps).map(([key, step]) => [key, stepOf(step)])),
      actions: Object.fromEntries(actions.map(([key, action]) => [key, actionOf(pack, key, action, returns)])),
    } satisfies Process2,
    routing: {
      tables: {
        [TABLE]: {
          rules: routing.rules.map(({ key, when, unit, why }) => ({
            key,
            when: conditionOf(pack, when),
            holder: { unit },
            ...(why === undefined ? {} : { why }),
          })),
          ...(routing.fallback === undefined ? {} : { fallback: { unit: routing.fallback } }),
        },
      },
    },
    sla: pack.sla,
    notify: pack.notify,
    upcastFrom: 1,
  };
}

function stepOf(step: PackFormat1['process']['steps'][string]): Step2 {
  return { names: step.names, state: step.state, ...(FINAL.has(step.state) ? { final: true as const } : {}) };
}

function actionOf(pack: PackFormat1, key: string, action: Action, returns: string[]): Action2 {
  const guards: ConditionTable = action.when === undefined ? {} : conditionOf(pack, action.when);
  const within = action.within === undefined ? undefined : `${'hours' in action.within ? action.within.hours : action.within.days * 24}h`;
  // A window counts from the closing; a case that was never closed has none.
  const window: ConditionTable =
    within === undefined ? {} : { any: [{ 'case.closedAt': { exists: false } }, { 'since.closed': { lte: within } }] };
  const when = { ...guards, ...window };
  const says = SAYS[action.kind];
  return {
    names: action.names,
    on: action.from,
    by: action.by.map((p) => PERFORMERS[p]),
    form: key,
    ...(Object.keys(when).length > 0 ? { when } : {}),
    ...(action.limit === undefined ? {} : { limit: { times: action.limit, per: 'case' as const } }),
    do: effectsOf(pack, action, returns),
    ...(says === undefined ? {} : { says }),
  };
}

const PERFORMERS: Readonly<Record<Action['by'][number], Performer>> = {
  unit: { role: 'handler', scope: 'unit' },
  holder: 'assignee',
  supervisor: { role: 'supervisor', scope: 'any' },
  agent: { role: 'agent', scope: 'any' },
  machine: 'machine',
};

const SAYS: Readonly<Partial<Record<ActionKind, Says>>> = {
  take: 'accepted',
  return: 'returned',
  reply: 'replied',
  resolve: 'resolved',
  reopen: 'reopened',
};

function effectsOf(pack: PackFormat1, action: Action, returns: string[]): Effect[] {
  const { kind, to } = action;
  const placed = (): Effect => {
    const unit: HolderTable = { unit: { fact: 'case.unit' } };
    const routed: HolderTable = { route: TABLE, ...(returns.length > 0 ? { except: { unitsOf: returns } } : {}) };
    return { go: pack.process.system.routed, holder: action.then === 'requeue' ? unit : routed };
  };
  switch (kind) {
    case 'take':
      return [{ go: to, holder: 'self' }];
    case 'transfer':
      return receiverOf(pack, action) === 'toPerson'
        ? [{ assign: { person: { fact: 'input.toPerson' }, unit: { fact: 'case.unit' } } }, { go: to }]
        : [{ assign: { unit: { fact: 'input.toUnit' } } }, { go: to, holder: { unit: { fact: 'input.toUnit' } } }];
    case 'return':
    case 'reopen':
      return [placed()];
    case 'suspend':
      return [...moves(pack, to, { waitsFor: { fact: 'input.reasonClass' } })];
    default:
      return moves(pack, to);
  }
}

// A step that a person holds keeps the holder; the actor becomes it where there is none. The second effect sees the lead that the first one made.
function moves(pack: PackFormat1, to: string, waiting?: Pick<HolderTable, 'waitsFor'>): Effect[] {
  const step = pack.process.steps[to];
  if (step !== undefined && FINAL.has(step.state)) return [{ go: to }];
  if (step?.holder !== 'person') return [{ go: to, holder: { unit: { fact: 'case.unit' } } }];
  return [
    { go: to, ...(waiting === undefined ? {} : { holder: waiting }), when: { 'task.person': { exists: true } } },
    {
      go: to,
      holder: waiting === undefined ? 'self' : { person: { fact: 'actor.id' }, ...waiting },
      when: { 'task.person': { exists: false } },
    },
  ];
}

function receiverOf(pack: PackFormat1, action: Action): 'toUnit' | 'toPerson' {
  return pack.process.steps[action.to]?.holder === 'person' ? 'toPerson' : 'toUnit';
}

const FIELDS: Readonly<Record<ActionField, FormField>> = {
  toUnit: { names: { 'zh-CN': '承办单位', en: 'Unit' }, type: 'unit', among: 'any' },
  toPerson: { names: { 'zh-CN': '承办人', en: 'Person' }, type: 'person', role: 'handler' },
  reason: { names: { 'zh-CN': '原因', en: 'Reason' }, type: 'text', max: 2000 },
  evidence: { names: { 'zh-CN': '依据', en: 'Evidence' }, type: 'text', max: 2000 },
  text: { names: { 'zh-CN': '答复内容', en: 'Text' }, type: 'text', max: 20_000, tier: 'public' },
  reasonClass: {
    names: { 'zh-CN': '等待对象', en: 'Waits for' },
    type: 'choice',
    choices: {
      customer: { 'zh-CN': '客户', en: 'The customer' },
      'third-party': { 'zh-CN': '第三方', en: 'A third party' },
      'force-majeure': { 'zh-CN': '不可抗力', en: 'Force majeure' },
    },
  },
  until: { names: { 'zh-CN': '预计恢复时间', en: 'Until' }, type: 'instant', future: true },
  solution: { names: { 'zh-CN': '解决方案', en: 'Solution' }, type: 'text', max: 20_000 },
  outcome: { names: { 'zh-CN': '结果', en: 'Outcome' }, type: 'text', max: 120 },
};

function formOf(pack: PackFormat1, action: Action): Form {
  const { takes, always } = FIELDS_OF[action.kind];
  const receiver = action.kind === 'transfer' ? receiverOf(pack, action) : undefined;
  const fields = takes.filter((f) => receiver === undefined || (f !== 'toUnit' && f !== 'toPerson') || f === receiver);
  const required = new Set<ActionField>([...always, ...(action.needs ?? []), ...(receiver === undefined ? [] : [receiver])]);
  return { fields: Object.fromEntries(fields.map((f) => [f, { ...FIELDS[f], ...(required.has(f) ? { required: true } : {}) }])) };
}

/** Old names of facts; those that are not here kept theirs. */
const FACTS: Readonly<Record<string, string>> = {
  type: 'class.type',
  category: 'class.category',
  categories: 'class.categories',
  item: 'class.item',
  urgency: 'class.urgency',
  impact: 'class.impact',
  priority: 'class.priority',
  channel: 'ticket.channel',
  language: 'ticket.language',
  unit: 'ticket.unit',
  imported: 'ticket.imported',
  hasEmail: 'customer.hasEmail',
  hasContact: 'customer.hasContact',
};

function conditionOf(pack: PackFormat1, when: Condition): ConditionTable {
  return Object.fromEntries(Object.entries(when).map(([fact, test]) => [factOf1(pack, fact), test as Test]));
}

function factOf1(pack: PackFormat1, fact: string): string {
  const counted = (kind: ActionKind): string => {
    const key = Object.keys(pack.process.actions).find((k) => pack.process.actions[k]?.kind === kind);
    return `done.${key ?? kind}.total`;
  };
  if (fact === 'case.returns') return counted('return');
  if (fact === 'case.reopens') return counted('reopen');
  return Object.hasOwn(FACTS, fact) ? (FACTS[fact] ?? fact) : fact;
}
