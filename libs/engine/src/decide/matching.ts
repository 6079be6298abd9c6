import { Conflict } from '@gongdan/kernel';
import { caseNow } from '../telling/position.js';
import { type Case, type Task } from '../model/case.js';

/** Throws `Conflict('dispatch/stale-version')` when the task is no longer what the actor saw (If-Match, law 5). */
export function mustMatch(c: Case, task: Task | undefined, seen: number | undefined): void {
  if (seen === undefined || task === undefined || task.version === seen) return;
  throw new Conflict('dispatch/stale-version', { details: { seen, task: { no: task.no, version: task.version }, case: caseNow(c) } });
}
