import { CLOSED_STATES } from '@gongdan/contracts';
import { type Located } from '../../located.js';
import { type Action, FIELDS_OF, type Process } from '../process.js';

/** Checks that a life cycle can run: every step exists and can be reached, a finished case stays finished until it is reopened, and receivers fit their steps. */
export function processMistakes(process: Process): Located[] {
  const at = ['process'];
  const steps = process.steps;
  const unknown = (name: string, path: PropertyKey[]): Located[] =>
    Object.hasOwn(steps, name) ? [] : [{ path: [...at, ...path], rule: `step ${name} is not declared` }];
  const named = [
    ...unknown(process.start, ['start']),
    ...Object.entries(process.system).flatMap(([what, step]) => unknown(step, ['system', what])),
    ...Object.entries(process.actions).flatMap(([key, a]) => [
      ...a.from.flatMap((s, i) => unknown(s, ['actions', key, 'from', i])),
      ...unknown(a.to, ['actions', key, 'to']),
    ]),
  ];
  if (named.length > 0) return named;
  return [
    ...fit(process, 'routed', (s) => s.holder === 'queue', 'must be held by a queue'),
    ...fit(
      process,
      'unroutable',
      (s) => s.state === 'unroutable' && s.holder === 'nobody',
      'must be a step of state unroutable that nobody holds',
    ),
    ...fit(process, 'withdrawn', (s) => s.state === 'cancelled', 'must be a step of state cancelled'),
    ...fit(process, 'importedClosed', (s) => s.state === 'closed', 'must be a step of state closed'),
    ...(steps[process.start]?.holder === 'nobody'
      ? []
      : [{ path: [...at, 'start'], rule: 'must be a step that nobody holds, because routing finds the first holder' }]),
    ...Object.entries(steps).flatMap(([key, s]) =>
      isOver(s.state) && s.holder !== 'nobody'
        ? [{ path: [...at, 'steps', key, 'holder'], rule: 'must be nobody: a finished case has no holder' }]
        : [],
    ),
    ...Object.entries(process.actions).flatMap(([key, a]) =>
      actionMistakes(process, a).map((rule) => ({ path: [...at, 'actions', key], rule })),
    ),
    ...unreachable(process).map((key) => ({ path: [...at, 'steps', key], rule: 'cannot be reached by any action or by the system' })),
  ];
}

function fit(process: Process, what: keyof Process['system'], good: (s: Process['steps'][string]) => boolean, rule: string): Located[] {
  const step = process.steps[process.system[what]];
  return step !== undefined && good(step) ? [] : [{ path: ['process', 'system', what], rule }];
}

function actionMistakes(process: Process, a: Action): string[] {
  const rules: string[] = [];
  const to = process.steps[a.to];
  if (to === undefined) return rules;
  const takes: readonly string[] = FIELDS_OF[a.kind].takes;
  for (const field of a.needs ?? []) if (!takes.includes(field)) rules.push(`a ${a.kind} does not take ${field}`);
  for (const step of a.from) {
    const over = isOver(process.steps[step]?.state ?? '');
    if (over && a.kind !== 'reopen') rules.push(`only a reopen may lead out of ${step}`);
  }
  if (a.kind === 'take' && to.holder !== 'person') rules.push('take must lead to a step held by a person');
  if (a.kind === 'transfer' && to.holder === 'nobody') rules.push('transfer must lead to a step held by a queue or a person');
  if (a.kind === 'close' && to.state !== 'closed') rules.push('close must lead to a step of state closed');
  if (a.kind === 'cancel' && to.state !== 'cancelled') rules.push('cancel must lead to a step of state cancelled');
  if (a.kind === 'suspend' && to.state !== 'suspended') rules.push('suspend must lead to a step of state suspended');
  if (isOver(to.state) && a.kind !== 'close' && a.kind !== 'cancel') rules.push(`a ${a.kind} cannot lead to a step of a finished state`);
  if ((a.kind === 'return' || a.kind === 'reopen') && a.then === undefined)
    rules.push(`a ${a.kind} needs 'then', because a unit or person must get the case next`);
  if (a.then !== undefined && a.kind !== 'return' && a.kind !== 'reopen') rules.push("only return and reopen may have 'then'");
  if (a.kind === 'return' && a.then === 'requeue') rules.push('a return cannot lead back to the queue it came from');
  if (a.within !== undefined && a.kind !== 'reopen') rules.push("only reopen may have 'within'");
  return rules;
}

function unreachable(process: Process): string[] {
  const reached = new Set([process.start, ...Object.values(process.system)]);
  for (let grew = true; grew;) {
    grew = false;
    for (const a of Object.values(process.actions))
      if (!reached.has(a.to) && a.from.some((s) => reached.has(s))) {
        reached.add(a.to);
        grew = true;
      }
  }
  return Object.keys(process.steps).filter((s) => !reached.has(s));
}

function isOver(state: string): boolean {
  return CLOSED_STATES.some((s) => s === state);
}
