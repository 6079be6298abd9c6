import { meant } from '../../disk/nearest.js';
import { type Action, FINAL_STATES, groupsOf, OPEN_STATES, type Reaction } from '../../format2/index.js';
import { type Located } from '../../located.js';
import { conditionMistakes2, type Scope } from '../conditions/conditions.js';
import { type Context, declared, EVENT_NAMES, type Path } from '../context.js';
import { effectMistakes } from './effects.js';
import { exceptMistakes, holderMistakes, performerMistakes } from './holders.js';
import { outcomesOf } from '../context.js';

/** Names and rules of each step, action and reaction; how they hang together is `graph.ts`. */
export function processMistakes2(context: Context): Located[] {
  const { process } = context.pack;
  return [
    ...process.start.flatMap((row, i) => {
      const at: Path = ['process', 'start', i];
      return [
        ...leadStep(context, row.go, [...at, 'go']),
        ...conditionMistakes2(context, row.when, [...at, 'when'], {}),
        ...holderMistakes(context, row.holder, [...at, 'holder'], {}),
        ...effectMistakes(context, row.do, [...at, 'do'], { scope: {}, side: false }),
      ];
    }),
    ...systemMistakes(context),
    ...Object.keys(process.steps).flatMap((key) => stepMistakes(context, key)),
    ...Object.entries(process.actions).flatMap(([key, a]) => actionMistakes(context, key, a)),
    ...Object.entries(process.reactions ?? {}).flatMap(([key, r]) => reactionMistakes(context, key, r)),
    ...groupMistakes(context),
  ];
}

function leadStep(context: Context, name: string, path: Path): Located[] {
  return [
    ...declared(context, 'step', name, path),
    ...(context.pack.process.steps[name]?.side
      ? [{ path, rule: `${name} is a step of side tasks; a case begins in a step without side: true` }]
      : []),
  ];
}

function systemMistakes(context: Context): Located[] {
  const { system, steps } = context.pack.process;
  const fit = (what: keyof typeof system, ok: (state: string | undefined, final: boolean) => boolean, rule: string): Located[] => {
    const step = steps[system[what]];
    const path = ['process', 'system', what];
    return !step
      ? declared(context, 'step', system[what], path)
      : ok(step.state, step.final === true)
        ? []
        : [{ path, rule: `${system[what]} ${rule}` }];
  };
  return [
    ...fit('unroutable', (state, final) => state === 'unroutable' && !final, 'must be a step of state unroutable'),
    ...fit('withdrawn', (state, final) => state === 'cancelled' && final, 'must be a final step of state cancelled'),
    ...fit(
      'importedClosed',
      (state, final) => final && state !== 'cancelled' && state !== 'rejected',
      'must be a final step of state closed or archived',
    ),
  ];
}

function stepMistakes(context: Context, key: string): Located[] {
  const step = context.pack.process.steps[key];
  if (!step) return [];
  const at: Path = ['process', 'steps', key];
  const outcomes = outcomesOf(context.pack).get(key) ?? new Set<string>();
  const shape: Located[] = [];
  const say = (property: string, rule: string): void => void shape.push({ path: [...at, property], rule, key: true });
  if (step.side && step.final) say('final', 'a side step is never final; its task is ended by end:');
  if (step.side && step.state !== undefined) say('state', 'a side step has no state: the case keeps that of the lead; remove it');
  if (!step.side && step.refuses) say('refuses', 'belongs to side steps only; add side: true or remove it');
  if (!step.side && step.state === undefined)
    shape.push({ path: at, rule: 'has no state; add state: (one of the canonical states), or side: true', key: true });
  if (step.final && step.state && !FINAL_STATES.some((s) => s === step.state))
    say('state', `a final step has one of the states ${FINAL_STATES.join(', ')}`);
  if (!step.final && !step.side && step.state && !OPEN_STATES.some((s) => s === step.state))
    say('state', `${step.state} is the state of a final step; add final: true or take an open state`);
  if (step.final && step.holder) say('holder', 'a closed case has no holder; remove it');
  return [
    ...shape,
    ...(step.refuses ?? []).flatMap((o, i) =>
      outcomes.has(o) ? [] : [{ path: [...at, 'refuses', i], rule: `no action ends this task as ${o}${meant(o, outcomes)}` }],
    ),
    // A step is entered by many actions: what their forms bring is checked by the engine where it is entered.
    ...holderMistakes(context, step.holder, [...at, 'holder'], anyForm(context)),
  ];
}

function anyForm({ pack }: Context): Scope {
  return { input: new Set(Object.values(pack.forms ?? {}).flatMap((f) => Object.keys(f.fields))), form: 'any' };
}

const REQUIRED_BY: Readonly<Record<string, string>> = { replied: 'text', returned: 'reason' };

function actionMistakes(context: Context, key: string, a: Action): Located[] {
  const at: Path = ['process', 'actions', key];
  const { steps } = context.pack.process;
  const on = [a.on].flat();
  const form = a.form === undefined ? undefined : context.pack.forms?.[a.form];
  const known = a.form === undefined || form !== undefined || context.lost.has('forms');
  const scope: Scope = context.damaged.has(key)
    ? anyForm(context)
    : { input: form ? new Set(Object.keys(form.fields)) : known ? undefined : new Set(), form: a.form };
  const side = on.some((s) => steps[s]?.side);
  const bad = (property: string, rule: string): Located => ({ path: [...at, property], rule });
  const needed = a.says === undefined ? undefined : REQUIRED_BY[a.says];
  return [
    ...(typeof a.on === 'string'
      ? ['any-lead', 'case'].includes(a.on)
        ? []
        : declared(context, 'step', a.on, [...at, 'on'])
      : a.on.flatMap((s, i) => declared(context, 'step', s, [...at, 'on', i]))),
    ...(side && on.some((s) => steps[s] && !steps[s]?.side)
      ? [bad('on', 'acts on steps of the lead and of side tasks; write one action for each kind')]
      : []),
    ...on.flatMap((s) => (steps[s]?.final ? [bad('on', `${s} is final and has no task; use on: case with phase: closed`)] : [])),
    ...(a.phase !== undefined && a.on !== 'case' ? [bad('phase', 'belongs to on: case only; other actions act on open tasks')] : []),
    ...(a.on === 'case' && [a.by].flat().includes('holder') && a.phase === 'closed'
      ? [bad('by', 'a closed case has no holder; name a role, unit or doer')]
      : []),
    ...performerMistakes(context, a.by, [...at, 'by'], scope),
    ...exceptMistakes(context, a.except, [...at, 'except']),
    ...declared(context, 'form', a.form, [...at, 'form']),
    ...conditionMistakes2(context, a.when, [...at, 'when'], scope),
    ...(a.unless !== undefined && a.when === undefined ? [bad('unless', 'is told when the guard refuses, and there is no when')] : []),
    ...(needed !== undefined && known && !context.damaged.has(key) && !context.lost.has('forms') && !form?.fields[needed]
      ? [bad('says', `${a.says} tells ${needed}; the form needs a field ${needed}`)]
      : []),
    ...effectMistakes(context, a.do, [...at, 'do'], { scope, side }),
    ...timesMistakes(a, at),
    ...effectMistakes(context, a.limit?.else, [...at, 'limit', 'else'], { scope, side }),
  ];
}

/** A case remembers the instants of the last sixteen times only (`recent`), so a higher limit within minutes would never be reached. */
const MOST_WITHIN_MINUTES = 16;

function timesMistakes({ limit }: Pick<Action, 'limit'>, at: Path): Located[] {
  if (limit === undefined || typeof limit.per === 'string' || limit.times <= MOST_WITHIN_MINUTES) return [];
  return [
    {
      path: [...at, 'limit', 'times'],
      rule: `a limit within minutes counts ${MOST_WITHIN_MINUTES} times at most; write fewer, or per: run`,
    },
  ];
}

function reactionMistakes(context: Context, key: string, r: Reaction): Located[] {
  const at: Path = ['process', 'reactions', key];
  const events = [r.on].flat();
  const scope: Scope = { event: events.filter((name) => EVENT_NAMES.has(name)) };
  const heard = [...EVENT_NAMES].filter(
    (n) =>
      n === 'dispatch.task-woke' ||
      n === 'dispatch.request-answered' ||
      // Dispatch tells the answer of a service as its own, and consumes nothing of notify (ADR 0054).
      (!/^(dispatch|notify)\./.test(n) && !n.endsWith('.request-answered')),
  );
  return [
    ...(Object.hasOwn(context.pack.process.actions, key)
      ? [{ path: at, rule: `an action has the name ${key}, too; done.${key} would count both: give one another name`, key: true }]
      : []),
    ...events.flatMap((name, i): Located[] => {
      const path = Array.isArray(r.on) ? [...at, 'on', i] : [...at, 'on'];
      if (heard.includes(name)) return [];
      if (name.startsWith('notify.') && EVENT_NAMES.has(name))
        return [
          { path, rule: `${name} cannot be used here: reactions hear intake and sla, dispatch.task-woke and dispatch.request-answered` },
        ];
      if (EVENT_NAMES.has(name))
        return [
          {
            path,
            rule: `${name} is dispatch's own; a reaction hears other services, dispatch.task-woke and dispatch.request-answered: put these effects into the action itself`,
          },
        ];
      return [{ path, rule: eventOfClock(context, name) ?? `${name} is not an event${meant(name, heard)}` }];
    }),
    ...conditionMistakes2(context, r.when, [...at, 'when'], scope),
    ...effectMistakes(context, r.do, [...at, 'do'], { scope, side: false }),
    ...timesMistakes(r, at),
    ...effectMistakes(context, r.limit?.else, [...at, 'limit', 'else'], { scope, side: false }),
  ];
}

function groupMistakes({ pack }: Context): Located[] {
  const all = groupsOf(pack);
  const twice = new Set(all.filter((g, i) => all.indexOf(g) !== i));
  if (twice.size === 0) return [];
  const acts: [string, string, readonly unknown[]][] = [
    ...Object.entries(pack.process.actions).map(([k, a]): [string, string, readonly unknown[]] => [
      'actions',
      k,
      [...a.do, ...(a.limit?.else ?? [])],
    ]),
    ...Object.entries(pack.process.reactions ?? {}).map(([k, a]): [string, string, readonly unknown[]] => [
      'reactions',
      k,
      [...a.do, ...(a.limit?.else ?? [])],
    ]),
  ];
  const seen = new Set<string>();
  return acts.flatMap(([list, key, effects]) =>
    effects.flatMap((e): Located[] => {
      const group = (e as { open?: { group: string } }).open?.group;
      if (group === undefined || !twice.has(group)) return [];
      const first = !seen.has(group);
      seen.add(group);
      return first
        ? []
        : [{ path: ['process', list, key, 'do'], rule: `group ${group} is opened elsewhere, too; give each group a key of its own` }];
    }),
  );
}

/** `sla.keeping-breached`: what a clock does is told as one event for all clocks. */
function eventOfClock({ pack }: Context, name: string): string | undefined {
  const [, key = '', what = ''] = /^(?:sla\.)?(?:clock-)?(.+)-(breached|warned)$/.exec(name) ?? [];
  return pack.sla?.clocks.some((c) => c.key === key)
    ? `${name} is not an event; write sla.clock-${what} with when: { event.clock: ${key} }`
    : undefined;
}
