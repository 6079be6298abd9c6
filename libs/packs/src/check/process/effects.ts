import { type Effect, type SimpleEffect } from '../../format2/index.js';
import { type Located } from '../../located.js';
import { conditionMistakes2, factMistakes, type Scope, valueFactMistakes, wordMistakes } from '../conditions/conditions.js';
import { momentMistakes } from '../conditions/moments.js';
import { type Context, declared, type Path } from '../context.js';
import { isPersonal } from '../parts/forms.js';
import { atOnceMistakes } from './at-once.js';
import { holderMistakes } from './holders.js';
import { moveMistakes } from './moves.js';

/** Where effects stand: in an action of these steps, or in a reaction. */
export interface Acting {
  scope: Scope;
  /** The action addresses a side task. */
  side: boolean;
  /** Effects of a group that goes on after the lead has ended: a `go` must say from where. */
  outlives?: boolean;
}

const CORRECTABLE = /^ticket\.(title|description|place(\.[A-Za-z]+)?)$/;

/** Names in effects, and effects that cannot run where they stand. */
export function effectMistakes(context: Context, effects: readonly Effect[] | undefined, at: Path, acting: Acting): Located[] {
  const list = effects ?? [];
  const moves = list.filter((e) => 'go' in e && e.when === undefined && e.from === undefined);
  return [
    ...moveMistakes(list, at),
    ...list.flatMap((e, i) => oneMistakes(context, e, [...at, i], acting)),
    ...(moves.length > 1
      ? [
          {
            path: [...at, list.lastIndexOf(moves.at(-1) as Effect)],
            rule: 'a second go without a when: one decision moves the lead once; give each go a when, and let them exclude each other',
          },
        ]
      : []),
  ];
}

function oneMistakes(context: Context, e: Effect, at: Path, acting: Acting): Located[] {
  const { scope } = acting;
  return [
    ...conditionMistakes2(context, e.when, [...at, 'when'], scope),
    ...('open' in e ? openMistakes(context, e.open, [...at, 'open'], acting) : simpleMistakes(context, e, at, acting)),
  ];
}

function simpleMistakes(context: Context, e: SimpleEffect, at: Path, { scope, side, outlives }: Acting): Located[] {
  const steps = context.pack.process.steps;
  const value = (v: unknown, key: PropertyKey[]): Located[] =>
    typeof v === 'object' && v !== null && 'fact' in v
      ? valueFactMistakes(context, String(v.fact), [...at, ...key], scope)
      : wordMistakes(context, v, [...at, ...key]);
  /** A value for another ticket. */
  const handedOn = (v: unknown, key: PropertyKey[]): Located[] =>
    typeof v === 'object' && v !== null && 'fact' in v && isPersonal(context, String(v.fact))
      ? [
          {
            path: [...at, ...key],
            rule: `${String(v.fact)} is personal: it is sealed for this ticket and cannot be read on another one; hand on another field`,
          },
        ]
      : value(v, key);
  /** A value that the rules themselves must read. */
  const readable = (v: unknown, key: PropertyKey[]): Located[] =>
    typeof v === 'object' && v !== null && 'fact' in v && isPersonal(context, String(v.fact))
      ? [{ path: [...at, ...key], rule: `${String(v.fact)} is personal: it is sealed and cannot be read here; take another field` }]
      : value(v, key);
  /** A value that everybody may see. */
  const open = (v: unknown, key: PropertyKey[]): Located[] =>
    typeof v === 'object' && v !== null && 'fact' in v && isPersonal(context, String(v.fact))
      ? [
          {
            path: [...at, ...key],
            rule: `${String(v.fact)} is personal: what is sealed goes only to a field that a form calls personal, too`,
          },
        ]
      : value(v, key);
  const moment = (v: { fact: string } | undefined, key: PropertyKey[]): Located[] =>
    v === undefined ? [] : isPersonal(context, v.fact) ? readable(v, key) : momentMistakes(context, v.fact, [...at, ...key], scope);
  const lead = (name: string, path: Path): Located[] =>
    name === 'back'
      ? []
      : [
          ...declared(context, 'step', name, path),
          ...(steps[name]?.side ? [{ path, rule: `${name} is a step of side tasks; the lead goes to a step without side: true` }] : []),
        ];
  const task = (name: string | undefined, path: Path): Located[] => declared(context, 'step', name, path);
  if ('go' in e)
    return [
      ...lead(e.go, [...at, 'go']),
      ...(e.from ?? []).flatMap((s, i) => lead(s, [...at, 'from', i])),
      ...holderMistakes(context, e.holder, [...at, 'holder'], scope),
      ...(outlives && e.from === undefined
        ? [{ path: [...at, 'go'], rule: 'the group outlives the lead; say from which steps it may move: from: [step, …]' }]
        : []),
    ];
  if ('end' in e) {
    const wrong = e.step === undefined ? !side : steps[e.step] !== undefined && !steps[e.step]?.side;
    return [
      ...task(e.step, [...at, 'step']),
      ...(wrong
        ? [{ path: [...at, 'end'], rule: 'ends a side task, and none is acted on here; name it with step:, or move the lead with go:' }]
        : []),
    ];
  }
  if ('assign' in e) return [...holderMistakes(context, e.assign, [...at, 'assign'], scope), ...task(e.step, [...at, 'step'])];
  if ('set' in e)
    return Object.entries(e.set).flatMap(([key, v]) => [
      ...(key.startsWith('ticket.') ? readable : isPersonal(context, `fields.${key}`) ? value : open)(v, ['set', key]),
      ...(key.includes('.') && !CORRECTABLE.test(key)
        ? [
            {
              path: [...at, 'set', key],
              rule: `${key} cannot be set; set a field of the case (its name alone), ticket.title, ticket.description or ticket.place.…`,
              key: true,
            },
          ]
        : []),
    ]);
  if ('classify' in e)
    return Object.entries(e.classify).flatMap(([key, v]) => [
      ...readable(v, ['classify', key]),
      ...(typeof v === 'string' ? declared(context, key as 'type', v, [...at, 'classify', key]) : []),
    ]);
  if ('sleep' in e)
    return [...(typeof e.sleep.until === 'object' ? moment(e.sleep.until, ['sleep', 'until']) : []), ...task(e.step, [...at, 'step'])];
  if ('register' in e) {
    const { type, category, pack, attributes } = e.register;
    return [
      ...Object.entries(e.register).flatMap(([key, v]) => handedOn(v, ['register', key])),
      ...Object.entries(attributes ?? {}).flatMap(([key, v]) => handedOn(v, ['register', 'attributes', key])),
      ...(pack === undefined && typeof type === 'string' ? declared(context, 'type', type, [...at, 'register', 'type']) : []),
      ...(pack === undefined && typeof category === 'string'
        ? declared(context, 'category', category, [...at, 'register', 'category'])
        : []),
    ];
  }
  if ('link' in e) return value(e.link.to, ['link', 'to']);
  if ('charge' in e)
    return [
      ...value(e.charge.to, ['charge', 'to']),
      ...moment(e.charge.from, ['charge', 'from']),
      ...moment(e.charge.until, ['charge', 'until']),
    ];
  if ('extend' in e) {
    const one = (e.extend.by === undefined) === (e.extend.until === undefined);
    return [
      ...declared(context, 'clock', e.extend.clock, [...at, 'extend', 'clock']),
      ...moment(e.extend.until, ['extend', 'until']),
      ...(one ? [{ path: [...at, 'extend'], rule: 'needs either by: (a length of time) or until: (a fact)' }] : []),
    ];
  }
  if ('cascade' in e) {
    const action = context.pack.process.actions[e.cascade.action];
    const admits = !action || [action.by].flat().includes('machine');
    return [
      ...declared(context, 'action', e.cascade.action, [...at, 'cascade', 'action']),
      ...(admits
        ? []
        : [
            {
              path: [...at, 'cascade', 'action'],
              rule: `${e.cascade.action} does not admit machine; add machine to its by:, because children are acted on in a person's name`,
            },
          ]),
      ...Object.entries(e.cascade.input ?? {}).flatMap(([key, v]) => handedOn(v, ['cascade', 'input', key])),
    ];
  }
  return 'watch' in e && typeof e.watch === 'object' ? factMistakes(context, e.watch.fact, [...at, 'watch'], scope) : [];
}

function openMistakes(context: Context, open: Extract<Effect, { open: unknown }>['open'], at: Path, acting: Acting): Located[] {
  const { scope } = acting;
  const steps = context.pack.process.steps;
  // What follows a group addresses the lead. Whoever decides it brings the form of his own action: its fields are not known here.
  const deciding = { side: false, outlives: open.outlives === true, scope: { ...scope, ...anyInput(context) } };
  const refuses = open.tasks.some((t) => (steps[t.step]?.refuses ?? []).length > 0);
  return [
    ...open.tasks.flatMap((t, i) => {
      const here = [...at, 'tasks', i];
      const each = t.each === undefined ? {} : { each: true };
      return [
        ...declared(context, 'step', t.step, [...here, 'step']),
        ...(steps[t.step] && !steps[t.step]?.side
          ? [{ path: [...here, 'step'], rule: `${t.step} is a step of the lead; a task of a group needs a step with side: true` }]
          : []),
        ...conditionMistakes2(context, t.when, [...here, 'when'], scope),
        ...holderMistakes(context, t.holder, [...here, 'holder'], scope),
        ...(t.each === undefined ? [] : factMistakes(context, t.each, [...here, 'each'], scope, ['list'])),
        ...(t.holder === undefined && steps[t.step]?.holder === undefined && !('each' in each)
          ? [{ path: here, rule: `nobody holds this task; give it a holder, or step ${t.step}` }]
          : []),
      ];
    }),
    ...(open.about ?? []).flatMap((f, i) =>
      context.lost.has('forms') || context.facts.has(`fields.${f}`) ? [] : factMistakes(context, `fields.${f}`, [...at, 'about', i], scope),
    ),
    ...(open.refused !== undefined && !refuses
      ? [
          {
            path: [...at, 'refused'],
            rule: 'no task of this group can refuse; list the refusing outcomes in refuses: of its step',
            key: true,
          },
        ]
      : []),
    ...atOnceMistakes(context, open, at),
    ...effectMistakes(context, open.then, [...at, 'then'], deciding),
    ...effectMistakes(context, open.refused, [...at, 'refused'], deciding),
  ];
}

function anyInput({ pack }: Context): { input: ReadonlySet<string>; form: string } {
  return { input: new Set(Object.values(pack.forms ?? {}).flatMap((f) => Object.keys(f.fields))), form: 'any' };
}
