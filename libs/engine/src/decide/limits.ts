import { Conflict, type Instant, ms } from '@gongdan/kernel';
import { type Limit } from '@gongdan/packs/format2';
import { type CompiledAction } from '../model/compiled.js';
import { type Case, type Counted, countedOf, type Task } from '../model/case.js';
import { withEntry } from '../model/shapes.js';
import { type Work } from '../model/work.js';

/** How often the limit counts the action as done already. What is done without a task, or by nobody of a unit, is counted together within the run. */
export function timesWithin(
  limit: Limit,
  done: Counted | undefined,
  task: Task | undefined,
  unit: string | undefined,
  at: Instant,
): number {
  if (done === undefined) return 0;
  if (typeof limit.per === 'object') {
    const since = ms(at) - limit.per.minutes * 60_000;
    return done.recent.filter((r) => ms(r.at) > since).length;
  }
  if (limit.per === 'case') return done.total;
  if (limit.per === 'run') return done.times;
  const [by, name] = limit.per === 'task' ? [done.byTask, task === undefined ? undefined : String(task.no)] : [done.byUnit, unit];
  return name === undefined ? Math.max(0, done.times - sumOf(by)) : timesOf(by, name);
}

/** The same for what a run before the present one asks for (`late`): `times` and `byUnit` count the present run. */
export function timesWithinEarlier(limit: Limit, done: Counted | undefined, task: Task | undefined, at: Instant): number {
  if (done === undefined) return 0;
  if (limit.per === 'run' || limit.per === 'unit') return done.total - done.times;
  return timesWithin(limit, done, task, undefined, at);
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, n) => sum + n, 0);
}

export function limitReached(action: CompiledAction, c: Case, at: Instant): Conflict {
  const { limit } = action;
  const done = countedOf(c, action.key);
  const facts: Record<string, unknown> = { action: action.key, limit: { times: limit?.times, per: limit?.per } };
  if (limit !== undefined && typeof limit.per === 'object') {
    const oldest = done?.recent.at(-limit.times);
    if (oldest !== undefined) facts['retryAfterS'] = Math.max(1, Math.ceil((ms(oldest.at) + limit.per.minutes * 60_000 - ms(at)) / 1000));
  }
  return new Conflict('dispatch/limit-reached', { details: facts });
}

/** Counts the action or reaction once more; `earlier`: for a run before the present one. */
export function count(w: Work, key: string, task: Task | undefined, unit: string | undefined, earlier = false): void {
  const { c, at } = w;
  const by = w.actor.id;
  const i = c.done.findIndex((d) => d.key === key);
  const was = c.done[i];
  const recent = was === undefined ? [] : was.recent.slice(-15);
  recent.push({ at, by, unit });
  const counted: Counted = {
    key,
    times: (was?.times ?? 0) + (earlier ? 0 : 1),
    total: (was?.total ?? 0) + 1,
    firstAt: was?.firstAt ?? at,
    at,
    by,
    unit,
    byUnit: unit === undefined || earlier ? (was?.byUnit ?? {}) : oneMore(was?.byUnit, unit),
    byTask: task === undefined ? (was?.byTask ?? {}) : oneMore(was?.byTask, String(task.no)),
    recent,
    earlier: earlierThan(was),
  };
  const done = c.done.slice();
  done[was === undefined ? done.length : i] = counted;
  c.done = done;
}

/** Who did it before the last 16 times, the oldest of which falls off now. */
function earlierThan(was: Counted | undefined): Counted['earlier'] {
  const oldest = was !== undefined && was.recent.length > 15 ? was.recent[0] : undefined;
  if (oldest === undefined || was?.earlier?.includes(oldest.by)) return was?.earlier;
  return [...(was?.earlier ?? []), oldest.by];
}

function oneMore(of: Readonly<Record<string, number>> | undefined, name: string): Record<string, number> {
  return withEntry(of, name, timesOf(of, name) + 1);
}

function timesOf(of: Readonly<Record<string, number>> | undefined, name: string): number {
  return of !== undefined && Object.hasOwn(of, name) ? (of[name] ?? 0) : 0;
}
