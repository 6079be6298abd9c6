import { type ActionSpec, type Except, listOf } from './documents.js';
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

/** The actions of the task's holder. */
function ofHolder(run: Run, task: TaskState): ActionSpec[] {
  return Object.values(run.pack.process.actions).filter((a) => {
    const on = listOf(a.on);
    const here = on.includes('any-lead') ? task.lead : on.includes(task.step);
    return here && listOf(a.by).some((p) => p === 'holder' || p === 'assignee');
  });
}

/** Whether each action that the task leaves to its holder surely leaves this person out: he may not take it. */
export function isIdleWith(run: Run, task: TaskState, actor: string): boolean {
  const his = ofHolder(run, task);
  return his.length > 0 && his.every((a) => leftOutBy(a.except, run).has(actor));
}

/** Whether he surely could do something with the task. The checker does not follow which units are left out. */
export function isOfUse(run: Run, task: TaskState, actor: string): boolean {
  const his = ofHolder(run, task);
  return his.length === 0 || his.some((a) => a.except?.unitsOf === undefined && !leftOutBy(a.except, run).has(actor));
}
