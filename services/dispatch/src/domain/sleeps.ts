import { type Case, openTasks } from '@gongdan/engine';

/** The number of the sleep that a task is in; undefined while it is awake, over or unknown. A point of an earlier sleep wakes nobody. */
export function sleepOf(c: Pick<Case, 'tasks'>, no: number): number | undefined {
  const task = openTasks(c).find((t) => t.no === no);
  return task?.sleepsUntil === undefined ? undefined : task.sleeps;
}
