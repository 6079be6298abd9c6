import { requiredName } from '../../conditions/required.js';
import { type RequiredField } from '../../format2/intake.js';
import { REQUIRABLE } from '../intake.js';
import { type Located } from '../../located.js';
import { type Pack } from '../pack.js';
import { processMistakes } from './process-mistakes.js';
import { conditionMistakes, eventMistakes, loops, missing, twice, type Vocabulary, vocabulary } from './references.js';
import { slaMistakes } from './sla-mistakes.js';
import { templateMistakes } from './templates.js';

/** Finds names that a part uses and the part that owns them does not declare; a schema cannot express that. */
export function crossMistakes(pack: Pack): Located[] {
  const known = vocabulary(pack);
  return [
    ...orgMistakes(pack),
    ...catalogueMistakes(pack),
    ...intakeNumberMistakes(pack),
    ...codeMistakes(pack),
    ...processMistakes(pack.process),
    ...Object.entries(pack.process.actions).flatMap(([name, a]) => conditionMistakes(a.when, ['process', 'actions', name, 'when'], known)),
    ...routingMistakes(pack, known),
    ...slaMistakes(pack, known),
    ...notifyMistakes(pack, known),
    ...scenarioMistakes(pack),
  ];
}

function orgMistakes({ org }: Pack): Located[] {
  const units = new Set(org.units.map((u) => u.key));
  return [
    ...twice(
      org.units.map((u) => u.key),
      ['org', 'units'],
      'key',
    ),
    ...twice(
      org.units.map((u) => u.code),
      ['org', 'units'],
      'code',
    ),
    ...twice(
      org.people.map((p) => p.id),
      ['org', 'people'],
      'id',
    ),
    ...org.units.flatMap((u, i) => missing(units, u.parent, ['org', 'units', i, 'parent'], 'unit')),
    ...loops(org.units, ['org', 'units']),
    ...org.people.flatMap((p, i) => p.units.flatMap((u, j) => missing(units, u, ['org', 'people', i, 'units', j], 'unit'))),
  ];
}

export function catalogueMistakes({ catalogue: c }: { catalogue: Pack['catalogue'] }): Located[] {
  const categories = new Set(c.categories.map((x) => x.key));
  const priorities = new Set(c.priorities);
  const at = ['catalogue'];
  const rows = Object.entries(c.matrix);
  return [
    ...twice(
      c.types.map((x) => x.key),
      [...at, 'types'],
      'key',
    ),
    ...twice(
      c.categories.map((x) => x.key),
      [...at, 'categories'],
      'key',
    ),
    ...twice(c.priorities, [...at, 'priorities']),
    ...c.categories.flatMap((x, i) => missing(categories, x.parent, [...at, 'categories', i, 'parent'], 'category')),
    ...loops(c.categories, [...at, 'categories']),
    ...(c.items ?? []).flatMap((x, i) => missing(categories, x.category, [...at, 'items', i, 'category'], 'category')),
    ...missing(priorities, c.defaultPriority, [...at, 'defaultPriority'], 'priority'),
    ...c.urgencies.flatMap((u, i) =>
      Object.hasOwn(c.matrix, u) ? [] : [{ path: [...at, 'urgencies', i], rule: `urgency ${u} has no row in the matrix` }],
    ),
    ...rows.flatMap(([u, row]) => [
      ...missing(new Set(c.urgencies), u, [...at, 'matrix', u], 'urgency'),
      ...c.impacts
        .filter((i) => !Object.hasOwn(row, i))
        .map((i) => ({ path: [...at, 'matrix', u], rule: `impact ${i} has no priority in this row` })),
      ...Object.entries(row).flatMap(([i, p]) => [
        ...missing(new Set(c.impacts), i, [...at, 'matrix', u, i], 'impact'),
        ...missing(priorities, p, [...at, 'matrix', u, i], 'priority'),
      ]),
    ]),
  ];
}

type NumberedIntake = Pick<Pack['intake'], 'channels' | 'defaultChannel' | 'numbering'> & {
  required: readonly RequiredField[];
  attributes?: readonly { key: string; type: string; choices?: unknown }[] | undefined;
};

export function intakeNumberMistakes({ intake }: { intake: NumberedIntake }): Located[] {
  const { format, scope } = intake.numbering;
  const at = ['intake', 'numbering'];
  const tokens = [...format.matchAll(/\{([^}]*)\}/g)].map((m) => m[1] ?? '');
  const has = (...any: string[]): boolean => any.some((t) => tokens.includes(t));
  const shown = {
    unit: has('unit'),
    year: has('yyyy', 'yy'),
    month: has('mm') && has('yyyy', 'yy'),
    day: has('dd') && has('mm') && has('yyyy', 'yy'),
  };
  const attributes = new Set((intake.attributes ?? []).map((a) => `attributes.${a.key}`));
  return [
    ...twice(
      intake.channels.map((c) => c.key),
      ['intake', 'channels'],
      'key',
    ),
    ...twice(
      (intake.attributes ?? []).map((a) => a.key),
      ['intake', 'attributes'],
      'key',
    ),
    ...missing(new Set(intake.channels.map((c) => c.key)), intake.defaultChannel, ['intake', 'defaultChannel'], 'channel'),
    ...tokens
      .filter((t) => !/^(unit|yyyy|yy|mm|dd|seq:([1-9]|1[0-2]))$/.test(t))
      .map((t) => ({ path: [...at, 'format'], rule: `{${t}} is none of {unit}, {yyyy}, {yy}, {mm}, {dd}, {seq:n}` })),
    ...(tokens.filter((t) => t.startsWith('seq:')).length === 1
      ? []
      : [{ path: [...at, 'format'], rule: 'must hold exactly one {seq:n}' }]),
    ...(/[{}]/.test(format.replaceAll(/\{[^{}]*\}/g, '')) ? [{ path: [...at, 'format'], rule: 'has an unpaired brace' }] : []),
    ...scope.flatMap((s, i) =>
      shown[s]
        ? []
        : [{ path: [...at, 'scope', i], rule: `series by ${s}, but the format does not show it: two tickets would share a number` }],
    ),
    ...intake.required.map(requiredName).flatMap((f, i) =>
      REQUIRABLE.some((r) => r === f) || attributes.has(f)
        ? []
        : [
            {
              path: ['intake', 'required', i],
              rule: `${f} is not a field a pack can require; possible are ${[...REQUIRABLE, ...attributes].join(', ')}`,
            },
          ],
    ),
    ...(intake.attributes ?? []).flatMap((a, i) =>
      (a.type === 'choice') === (a.choices !== undefined)
        ? []
        : [
            {
              path: ['intake', 'attributes', i],
              rule:
                a.type === 'choice'
                  ? 'a choice needs choices: [a, b] or choices: {key: names}'
                  : `only type choice has choices; this is ${a.type}`,
            },
          ],
    ),
  ];
}

function codeMistakes({ intake, org }: Pack): Located[] {
  if (!intake.numbering.format.includes('{unit}')) return [];
  return org.units.flatMap((u, i) =>
    u.code === undefined ? [{ path: ['org', 'units', i], rule: 'needs a code: the number format shows {unit}' }] : [],
  );
}

function routingMistakes({ routing, org }: Pack, known: Vocabulary): Located[] {
  const units = new Set(org.units.map((u) => u.key));
  return [
    ...twice(
      routing.rules.map((r) => r.key),
      ['routing', 'rules'],
      'key',
    ),
    ...routing.rules.flatMap((r, i) => [
      ...missing(units, r.unit, ['routing', 'rules', i, 'unit'], 'unit'),
      ...conditionMistakes(r.when, ['routing', 'rules', i, 'when'], known),
    ]),
    ...missing(units, routing.fallback, ['routing', 'fallback'], 'unit'),
  ];
}

function notifyMistakes({ notify, org }: Pack, known: Vocabulary): Located[] {
  const units = new Set(org.units.map((u) => u.key));
  const people = new Set(org.people.map((p) => p.id));
  const templates = new Set(Object.keys(notify.templates));
  const used = new Set(notify.rules.map((r) => r.template));
  return [
    ...twice(
      notify.rules.map((r) => r.key),
      ['notify', 'rules'],
      'key',
    ),
    ...notify.rules.flatMap((r, i) => {
      const at = ['notify', 'rules', i];
      return [
        // A mail about a mail would cause the next one without end.
        ...eventMistakes(r.on, [...at, 'on'], (n) => !n.startsWith('notify.')),
        ...conditionMistakes(r.when, [...at, 'when'], known),
        ...missing(templates, r.template, [...at, 'template'], 'template'),
        ...r.to.flatMap((to, j) => [
          ...(to.startsWith('unit:') ? missing(units, to.slice(5), [...at, 'to', j], 'unit') : []),
          ...(to.startsWith('person:') ? missing(people, to.slice(7), [...at, 'to', j], 'person') : []),
        ]),
      ];
    }),
    ...[...templates].filter((t) => !used.has(t)).map((t) => ({ path: ['notify', 'templates', t], rule: 'no rule uses this template' })),
    ...Object.entries(notify.templates).flatMap(([key, t]) =>
      (['zh-CN', 'en'] as const).flatMap((lang) =>
        (['subject', 'text'] as const).flatMap((part) =>
          templateMistakes(t[lang][part]).map((rule) => ({ path: ['notify', 'templates', key, lang, part], rule })),
        ),
      ),
    ),
  ];
}

function scenarioMistakes(pack: Pack): Located[] {
  const people = new Set(pack.org.people.map((p) => p.id));
  const actions = new Set(Object.keys(pack.process.actions));
  const steps = new Set(Object.keys(pack.process.steps));
  const units = new Set(pack.org.units.map((u) => u.key));
  const categories = new Set(pack.catalogue.categories.map((c) => c.key));
  const types = new Set(pack.catalogue.types.map((t) => t.key));
  const clocks = new Set(pack.sla.clocks.map((c) => c.key));
  const templates = new Set(Object.keys(pack.notify.templates));
  return [
    ...twice(
      pack.scenarios.map((s) => s.key),
      ['scenarios'],
      'key',
    ),
    ...pack.scenarios.flatMap((s, i) => [
      ...s.when.flatMap((w, j) => {
        const at = ['scenarios', i, 'when', j];
        if ('wait' in w) return [];
        if ('do' in w) return [...missing(people, w.as, [...at, 'as'], 'person'), ...missing(actions, w.do, [...at, 'do'], 'action')];
        return [
          ...missing(people, w.as, [...at, 'as'], 'person'),
          ...missing(types, w.register.type, [...at, 'register', 'type'], 'type'),
          ...missing(categories, w.register.category, [...at, 'register', 'category'], 'category'),
        ];
      }),
      ...s.then.flatMap((t, j) => {
        const at = ['scenarios', i, 'then', j];
        if ('case' in t)
          return [
            ...missing(steps, t.case.step, [...at, 'case', 'step'], 'step'),
            ...missing(units, t.case.unit, [...at, 'case', 'unit'], 'unit'),
          ];
        if ('event' in t) return eventMistakes(t.event, [...at, 'event'], () => true);
        if ('clock' in t) return missing(clocks, t.clock, [...at, 'clock'], 'clock');
        return missing(templates, t.mail, [...at, 'mail'], 'template');
      }),
    ]),
  ];
}
