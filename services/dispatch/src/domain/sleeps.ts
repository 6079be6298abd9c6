import { type Case, openTasks, type Task } from '@gongdan/engine';
import { type Instant } from '@gongdan/kernel';

// A *sleep* of a task ends at an instant that the engine decided; `task.sleeps` counts the sleeps of a task, so that an instant of an earlier one wakes nobody.

/** A task whose sleep is over, by its number. */
export interface Slept {
  org: string;
  ticketId: string;
  task: string;
}

/** A sleep that has begun or was moved. */
export interface Asleep extends Slept {
  gen: number;
  dueAt: Instant;
}

export interface SleepChange {
  ended: Slept[];
  asleep: Asleep[];
}

/** What a decision changed of the sleeps of a case; `before` is missing for a case that is opened. */
export function sleepChange(before: Pick<Case, 'tasks'> | undefined, after: Pick<Case, 'org' | 'ticketId' | 'tasks'>): SleepChange {
  const ref = (t: Task): Slept => ({ org: after.org, ticketId: after.ticketId, task: String(t.no) });
  const was = new Map((before === undefined ? [] : sleeping(before)).map((t) => [t.no, t]));
  const is = sleeping(after);
  return {
    ended: [...was.values()].filter((t) => !is.some((s) => s.no === t.no)).map(ref),
    asleep: is
      .filter((t) => was.get(t.no)?.sleeps !== t.sleeps || was.get(t.no)?.sleepsUntil !== t.sleepsUntil)
      .map((t) => ({ ...ref(t), gen: t.sleeps, dueAt: t.sleepsUntil })),
  };
}

/** The number of the sleep that a task is in; undefined while it is awake, over or unknown. */
export function sleepOf(c: Pick<Case, 'tasks'>, task: number): number | undefined {
  return sleeping(c).find((t) => t.no === task)?.sleeps;
}

type Sleeper = Task & { sleepsUntil: Instant };

function sleeping(c: Pick<Case, 'tasks'>): Sleeper[] {
  return openTasks(c).filter((t): t is Sleeper => t.sleepsUntil !== undefined);
}
