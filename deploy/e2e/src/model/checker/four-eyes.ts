import { type Except, listOf } from './documents.js';
import { type Run, type TaskState } from './run.js';

/** Everybody whom `except` leaves out as the case stands now: who did one of the actions, who held a task of one of the steps. */
export function leftOutBy(except: Except | undefined, run: Run): ReadonlySet<string> {
  const out = new Set<string>();
  for (const action of listOf(except?.doer)) {
    if (action === 'registration') out.add(run.ticket.by);
    for (const person of run.done[action]?.all ?? []) out.add(person);
  }
  const steps = except?.held === 'any' ? Object.keys(run.held) : (except?.held ?? []);
  for (const step of steps) for (const { person } of run.held[step] ?? []) if (person !== undefined) out.add(person);
  return out;
}

/** The same people without those who may not act on the task as its holders, in their own name or by a deputy (ADR 0055). */
export function mayHold(ids: readonly string[], actor: string, task: TaskState | undefined): string[] {
  const out = task?.out ?? [];
  return out.includes(actor) ? [] : ids.filter((id) => !out.includes(id));
}
