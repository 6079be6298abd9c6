import { type Instant } from '@gongdan/kernel';
import { type PackFormat2 } from '@gongdan/packs/format2';
import { type Resolved } from '../holders/choice.js';
import { compile } from '../model/compiled.js';
import { reassign, run } from '../effects/effects.js';
import { SYSTEM, type View } from '../model/env.js';
import { unitHolder } from '../holders/holders.js';
import { type Case, type Holder, openTasks, type Task } from '../model/case.js';
import { type Decided, finish, instantAfter } from '../telling/tell.js';
import { Work } from '../model/work.js';

/** Why a task loses its holder: the person has left the unit or the organisation, or the unit takes no work any more. */
export type Departure = { cause: 'leaver'; person: string } | { cause: 'unit-closed'; unit: string };

/**
 * Gives the task of a leaver to the pool of its unit, and the task of a closed unit to its successor (law 9). A lead without a successor becomes unroutable,
 * a side task waits for a supervisor. Undefined when the task is over, has another holder, or the directory of today says that the holder is there: a second
 * delivery changes nothing.
 */
export function requeue(
  pack: PackFormat2,
  view: View,
  c: Case,
  due: { task: number } & Departure,
  now: Instant,
  recorded: { decisions: number },
): Decided | undefined {
  const at = instantAfter(c, now);
  const task = openTasks(c).find((t) => t.no === due.task);
  if (task === undefined || !hasLost(view, task, due, at)) return undefined;
  const cause = { kind: 'bulk', key: due.cause, depth: 0 } as const;
  const w = new Work({ pack: compile(pack), view, before: c, at, actor: SYSTEM, cause, acting: due.task, decisions: recorded.decisions });
  const found = receiver(w, task, due);
  const { waitsFor } = task.holder;
  if (found.holder === undefined && task.lead) {
    // The unit is closed, so this holder is refused and the lead arrives at the unroutable step, which remembers the step that was wanted.
    run(w, [{ go: task.step, holder: { unit: unitOfTask(w, task) ?? '-' } }], 'routed');
    return finish(w, undefined);
  }
  const holder: Holder = { ...found.holder, ...(waitsFor === undefined ? {} : { waitsFor }) };
  reassign(w, task, holder);
  const record = w.record(found.choice, task.lead ? 'transferred' : 'assigned', task, found.holder);
  if (task.lead) {
    const { unit: fromUnit, person: fromPerson } = task.holder;
    w.transfer = { record, ...(fromUnit === undefined ? {} : { fromUnit }), ...(fromPerson === undefined ? {} : { fromPerson }) };
  }
  return finish(w, undefined);
}

function hasLost({ directory }: View, { holder }: Task, due: Departure, at: Instant): boolean {
  if (due.cause === 'unit-closed') return holder.unit === due.unit && !directory.isOpen(due.unit, at);
  if (holder.person !== due.person) return false;
  return !directory.membershipsOf(due.person, at).some((m) => m.unit === undefined || m.unit === holder.unit);
}

/** A task without a unit belongs to the unit that has the case, else to the one that registered the ticket. */
function unitOfTask(w: Work, task: Task): string | undefined {
  return task.holder.unit ?? w.c.hops.at(-1)?.unit ?? w.c.ticket.unit;
}

function receiver(w: Work, task: Task, due: Departure): Resolved {
  const { role, person } = task.holder;
  const f = { x: w.context(task), actor: w.actor, from: task, same: true };
  const unit = unitOfTask(w, task);
  const choice = { rule: due.cause, candidates: [], facts: {} };
  const pool = (rule: { role?: string }): Resolved => unitHolder(unit, rule, f, choice);
  const ofRole = role === undefined ? undefined : pool({ role });
  // Nobody up to the root holds the role: the unit decides itself who goes on.
  const found = ofRole?.holder === undefined ? pool({}) : ofRole;
  // Whoever works in the successor too keeps the task that he is working on.
  const stays =
    due.cause === 'unit-closed' &&
    person !== undefined &&
    found.holder?.unit !== undefined &&
    w.view.directory.unitsOf(person, w.at).includes(found.holder.unit);
  return stays ? { ...found, holder: { ...found.holder, person } } : found;
}
