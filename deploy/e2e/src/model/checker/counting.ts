import { type ActionSpec, type Decision } from './documents.js';
import { type Counter, type Run, type TaskState } from './run.js';

/** How often a limit counts an action or reaction as done already. */
export function timesOf(
  limit: ActionSpec['limit'],
  counter: Counter | undefined,
  task: TaskState | undefined,
  unit: string | undefined,
  at: string,
): number {
  if (limit === undefined || counter === undefined) return 0;
  if (typeof limit.per === 'object') {
    const since = Date.parse(at) - limit.per.minutes * 60_000;
    return counter.recent.filter((instant) => instant > since).length;
  }
  switch (limit.per) {
    case 'case':
      return counter.total;
    case 'run':
      return counter.times;
    case 'task':
      return counter.byTask[String(task?.no ?? 0)] ?? 0;
    default:
      return counter.byUnit[unit ?? ''] ?? 0;
  }
}

export function count(run: Run, key: string, d: Decision, unit: string | undefined, task: TaskState | undefined): void {
  const c = (run.done[key] ??= { times: 0, total: 0, by: '', at: '', recent: [], byUnit: {}, byTask: {}, all: [] });
  c.times += 1;
  c.total += 1;
  c.by = d.by;
  c.at = d.told[0]?.data.at ?? '';
  c.recent = [...c.recent.slice(-15), Date.parse(c.at)];
  const acted = unit ?? run.people.possible(d.by, { from: Date.parse(c.at), to: Date.parse(c.at) }).find((m) => m.unit !== undefined)?.unit;
  if (acted === undefined) delete c.unit;
  else {
    c.unit = acted;
    c.byUnit[acted] = (c.byUnit[acted] ?? 0) + 1;
  }
  if (task !== undefined) c.byTask[String(task.no)] = (c.byTask[String(task.no)] ?? 0) + 1;
  c.all = [...c.all.slice(-15), d.by];
}
