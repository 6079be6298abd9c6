import { type Action, type Effect, type FormField, type HolderRule, PackFormat2, type Says, type Step } from '@gongdan/packs/format2';
import { FIELDS, type Luck, n, UNITS } from './small-world.suite.js';

const LEADS = ['first', 'second', 'third'] as const;
const FINALS = ['closed', 'dropped'] as const;
const SIDES = ['sign', 'check', 'order'] as const;
const GROUPS = ['g1', 'g2', 'g3', 'g4', 'g5', 'g6', 'g7', 'g8'] as const;

export function holderRule(luck: Luck): HolderRule {
  const except = luck.maybe(25) ? { except: luck.of([{ doer: 'first-1' }, { held: 'any' as const }, { held: ['sign'] }, { unitsOf: 'second-1' }]) } : {}; // prettier-ignore
  const pick = luck.maybe(50)
    ? {
        pick: luck.of([
          'round-robin' as const,
          'least-loaded' as const,
          'sticky' as const,
          { skill: 'pipes', level: 1 },
          { mapped: 'fields.person' },
        ]),
      }
    : {};
  const waits = luck.maybe(25) ? { waitsFor: luck.of(['customer' as const, 'third-party' as const, { group: luck.of(GROUPS) }]) } : {};
  return luck.of<HolderRule>([
    'self',
    { unit: luck.of(UNITS), ...pick, ...except, ...waits },
    { unit: { fact: 'fields.unit' }, ...pick, ...waits },
    { role: luck.of(['leader', 'handler', 'director', 'nobody-has-it']), of: luck.of(['unit', 'parent', 'registering-unit', 'level:city', 'west']), ...pick, ...except, ...waits }, // prettier-ignore
    { doer: luck.of(['registration', 'first-1', 'sign-yes']) },
    { previous: luck.of(['first', 'sign']), ...waits },
    { person: { fact: 'fields.person' } },
    { unit: { nearest: { under: 'root' } }, ...pick },
    { unit: { code: { fact: 'place.area' } } },
    { route: 'table', ...waits },
    { waitsFor: luck.of(['customer' as const, 'force-majeure' as const]) },
    { waitsFor: { group: luck.of(GROUPS) } },
  ]);
}

interface Where {
  /** Group keys that are still free; none inside a group. */
  free: string[];
  side: boolean;
}

function effect(luck: Luck, { free, side }: Where): Effect {
  const when = luck.maybe(15) ? { when: { 'fields.urgent': luck.maybe(50) } } : {};
  const key = luck.maybe(30) ? free.shift() : undefined;
  if (key !== undefined)
    return {
      open: {
        group: key,
        tasks: Array.from({ length: 1 + luck.below(3) }, () => ({
          step: luck.of(SIDES),
          ...(luck.maybe(70) ? { holder: holderRule(luck) } : {}),
          ...(luck.maybe(15) ? { when: { 'fields.urgent': true } } : {}),
          ...(luck.maybe(15) ? { each: 'fields.units' } : {}),
        })),
        order: luck.of(['sequence', 'parallel']),
        until: luck.of(['all', 'any']),
        ...(luck.maybe(30) ? { about: ['solution', 'amount'] } : {}),
        ...(luck.maybe(25) ? { outlives: true as const } : {}),
        ...(luck.maybe(20) ? { blocksClosing: true as const } : {}),
        ...(luck.maybe(60) ? { then: [effect(luck, { free: [], side: false })] as never } : {}),
        ...(luck.maybe(60) ? { refused: [effect(luck, { free: [], side: false })] as never } : {}),
      },
      ...when,
    };
  return luck.of<() => Effect>([
    () => ({ go: luck.of([...LEADS, ...LEADS, ...FINALS, 'back']), ...(luck.maybe(40) ? { holder: holderRule(luck) } : {}), ...(luck.maybe(25) ? { hop: luck.of(['down', 'up']) } : {}), ...(luck.maybe(15) ? { from: [luck.of(LEADS)] } : {}), ...when }), // prettier-ignore
    () => ({ go: luck.of(LEADS), ...when }),
    () => ({ assign: holderRule(luck), ...(luck.maybe(30) ? { step: luck.of([...SIDES, ...LEADS]) } : {}), ...when }),
    () => ({ set: { [luck.of(['solution', 'urgent', 'note', 'unit'])]: luck.of([true, 'east', { fact: 'input.text' }, null]) }, ...when }),
    () => ({ classify: luck.of([{ urgency: 'high' }, { category: 'billing' }, { type: 'advice' }, { priority: 'urgent' }]), ...when }),
    () => ({ sleep: { until: luck.of(['2h', { fact: 'input.nextAt' }]), ...(luck.maybe(50) ? { waitsFor: 'customer' as const } : {}) }, ...when }), // prettier-ignore
    () => ({ watch: luck.of(['self' as const, { fact: 'input.person' }]), ...when }),
    () => ({ extend: { clock: 'resolve', by: '1d' }, ...when }),
    () => ({ cascade: { links: 'child', action: 'first-1' }, ...when }),
    () => ({ end: luck.of(['yes', 'refused']), ...(side && luck.maybe(70) ? {} : { step: luck.of(SIDES) }), ...when }),
  ])();
}

const effects = (luck: Luck, where: Where): Effect[] => Array.from({ length: luck.below(4) }, () => effect(luck, where));

/** A random pack that the schema accepts: leads, side tasks, groups, sleeps, limits with `else`, reactions, forms. */
export function randomPack(luck: Luck): PackFormat2 {
  const free: string[] = [...GROUPS];
  const state = (): Step['state'] => luck.of(['dispatched', 'accepted', 'in_progress', 'suspended', 'solution_review'] as const);
  const steps: Record<string, Step> = { waiting: { names: n('waiting'), state: 'received' } as Step };
  for (const key of LEADS) steps[key] = { names: n(key), state: state(), ...(luck.maybe(70) ? { holder: holderRule(luck) } : {}) } as Step;
  for (const key of SIDES) steps[key] = { names: n(key), side: true, ...(luck.maybe(60) ? { refuses: ['refused'] } : {}), holder: holderRule(luck) } as Step; // prettier-ignore
  steps['closed'] = { names: n('closed'), state: 'closed', final: true } as Step;
  steps['dropped'] = { names: n('dropped'), state: 'cancelled', final: true } as Step;

  const forms: Record<string, { fields: Record<string, FormField> }> = {};
  const action = (key: string, on: Action['on'], side: boolean, more: Partial<Action> = {}): Action => {
    const says = luck.of<Says | undefined>([undefined, undefined, 'accepted', 'returned', 'replied', 'resolved', 'urged', 'noted', 'escalated', 'corrected', 'scheduled']); // prettier-ignore
    const asks = ['returned', 'replied', 'resolved'].includes(says ?? '') || luck.maybe(40);
    if (asks) forms[key] = { fields: Object.fromEntries(Object.entries(FIELDS).filter(([name]) => ['reason', 'text', 'solution', 'urgent'].includes(name) || luck.maybe(30))) }; // prettier-ignore
    return {
      names: n(key),
      on,
      by: luck.of<Action['by']>([
        'holder',
        'holder',
        'unit',
        { role: 'handler' },
        { role: 'leader', scope: luck.of(['unit', 'subtree', 'above', 'any']) },
        ['holder', { role: 'director' }, 'machine'],
        { doer: 'first-1' },
        { unitIn: 'fields.unit' },
      ]),
      ...(luck.maybe(20) ? { except: luck.of([{ doer: 'first-1' }, { held: ['first' as const] }]) } : {}),
      ...(asks ? { form: key } : {}),
      ...(luck.maybe(20)
        ? {
            when: luck.of([
              { 'fields.urgent': { not: true } },
              { 'since.dispatched': { lte: '5h' } },
              { 'done.first-1.times': { lt: 3 } },
              { 'tasks.sign.open': 0 },
            ]) as never,
          }
        : {}),
      ...(luck.maybe(30) ? { limit: { times: 1 + luck.below(2), per: luck.of(['case', 'run', 'task', 'unit', { minutes: 90 }] as const), ...(luck.maybe(60) ? { else: effects(luck, { free, side }) } : {}) } } : {}), // prettier-ignore
      do: effects(luck, { free, side }),
      ...(says === undefined ? {} : { says }),
      ...more,
    } as Action;
  };
  const actions: Record<string, Action> = {};
  for (const step of LEADS) for (const i of [1, 2, 3]) actions[`${step}-${i}`] = action(`${step}-${i}`, luck.maybe(20) ? [...LEADS] : step, false); // prettier-ignore
  for (const step of SIDES) {
    actions[`${step}-yes`] = action(`${step}-yes`, step, true, {
      by: ['holder', { role: 'handler' }],
      do: [{ end: 'yes' }],
      says: 'approved',
    });
    actions[`${step}-no`] = action(`${step}-no`, step, true, { do: [{ end: 'refused' }, ...effects(luck, { free: [], side: true })] });
    actions[`${step}-act`] = action(`${step}-act`, step, true);
  }
  for (const phase of ['open', 'closed', 'any'] as const) actions[`case-${phase}`] = action(`case-${phase}`, 'case', false, { phase, by: { role: 'leader' } }); // prettier-ignore
  actions['any'] = action('any', 'any-lead', false);
  const reactions = Object.fromEntries(
    ['sla.clock-breached', 'intake.ticket-linked', 'dispatch.task-woke'].map((on, i) => [
      `react-${i}`,
      { on, do: effects(luck, { free, side: false }), ...(luck.maybe(40) ? { limit: { times: 1, per: luck.of(['case', 'run', 'unit'] as const) } } : {}), ...(luck.maybe(30) ? { late: true as const } : {}) }, // prettier-ignore
    ]),
  );
  return PackFormat2.parse({
    pack: { format: 2, key: 'random', version: 1, names: n('random'), about: n('random'), language: 'en', zone: 'Asia/Shanghai' },
    catalogue: {
      types: [
        { key: 'complaint', names: n('complaint') },
        { key: 'advice', names: n('advice') },
      ],
      ...(luck.maybe(40) ? { conversions: { advice: ['complaint'] } } : {}),
      categories: [
        { key: 'billing', names: n('billing') },
        { key: 'billing.refund', names: n('refund'), parent: 'billing' },
      ],
      priorities: ['urgent', 'ordinary'],
      urgencies: ['high', 'low'],
      impacts: ['high', 'low'],
      matrix: { high: { high: 'urgent', low: 'urgent' }, low: { high: 'ordinary', low: 'ordinary' } },
      defaultPriority: 'ordinary',
    },
    forms,
    intake: {
      channels: [{ key: 'phone', names: n('phone') }],
      defaultChannel: 'phone',
      numbering: { format: 'GD{yyyy}{mm}{dd}{seq:6}', scope: ['day'], gapFree: false },
      required: [],
    },
    process: {
      start: [{ go: 'first', ...(luck.maybe(50) ? { holder: holderRule(luck) } : {}) }],
      system: { unroutable: 'waiting', withdrawn: 'dropped', importedClosed: 'closed' },
      steps,
      actions,
      reactions,
    },
    routing: {
      tables: {
        table: {
          mode: luck.of(['first', 'score']),
          rules: [
            { key: 'one', when: { 'class.category': 'billing.refund' }, score: luck.below(9), holder: { unit: luck.of(UNITS) } },
            { key: 'two', when: {}, score: luck.below(9), holder: { unit: luck.of(UNITS) } },
          ],
          ...(luck.maybe(50) ? { fallback: { unit: 'root' } } : {}),
        },
      },
    },
  });
}
