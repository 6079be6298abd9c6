import { Conflict } from '@gongdan/kernel';
import { type HolderRule, listOf, type OpenGroup, type PlannedTask } from '@gongdan/packs/format2';
import { holds } from '../facts/conditions.js';
import { factOf } from '../facts/context.js';
import { type Resolved } from '../holders/choice.js';
import { resolve } from '../holders/holders.js';
import { type Group, type Holder, openTasks, type Task } from '../model/case.js';
import { type Work } from '../model/work.js';

const MOST_SIDE_TASKS = 50;

/** Opens a group of side tasks. Which of its tasks there are is decided now, who holds each when its turn comes. */
export function openGroup(w: Work, spec: OpenGroup): void {
  const x = w.context();
  const planned: Group['pending'] = [];
  for (const task of spec.tasks) if (holds(task.when, x)) plan(task, w, planned);
  const no = w.c.lastGroup + 1;
  const group: Group = {
    key: spec.group,
    no,
    lead: undefined,
    state: 'open',
    pending: planned,
    ended: [],
    about: spec.about,
  };
  w.addGroup(group);
  w.tell('group-opened', { key: spec.group, no, planned: planned.map((p) => p.task.step) });
  if (spec.outlives !== true) w.opened.push(no);
  if (spec.order === 'sequence') openNext(w, no);
  else for (const _ of planned) openNext(w, no);
  judgeLater(w, no);
}

function judgeLater(w: Work, no: number): void {
  if (!w.toJudge.includes(no)) w.toJudge.push(no);
}

function plan(task: PlannedTask, w: Work, planned: Group['pending']): void {
  if (task.each === undefined) {
    planned.push({ task });
    return;
  }
  const units = listOf(factOf(w.context(), task.each) as string | string[] | undefined);
  for (const unit of new Set(units)) planned.push({ task, unit });
}

/** Opens the next planned task of a group. */
function openNext(w: Work, no: number): void {
  const next = w.group(no)?.pending[0];
  const group = next === undefined ? undefined : w.changeGroup(no);
  if (group === undefined || next === undefined) return;
  group.pending = group.pending.slice(1);
  if (openSideTasks(w) >= MOST_SIDE_TASKS) throw new Conflict('dispatch/too-many-tasks', { details: { most: MOST_SIDE_TASKS } });
  const lead = w.lead();
  // `of: unit` of a task that is opened for each unit means that unit.
  const each = next.unit;
  const from: Task | undefined = each === undefined ? lead : standIn(lead, named(w, each));
  const rule = next.task.holder ?? w.pack.steps[next.task.step]?.holder;
  const found = resolve(rule, { x: { ...w.context(from), each }, actor: w.actor, from, before: w.before });
  const holder = found.holder ?? {};
  const task = w.addTask({
    step: next.task.step,
    lead: false,
    group: { key: group.key, no },
    holder,
    except: exceptOf(rule, found).except,
    after: undefined,
    wanted: undefined,
  });
  if (found.claim !== undefined) w.claims.push(found.claim);
  if (found.choice.candidates.length > 0) w.record(found.choice, 'assigned', task, found.holder);
  w.tell('task-opened', { task: task.no, step: task.step, group: { key: group.key, no }, holder });
}

function openSideTasks({ c }: Work): number {
  let open = 0;
  for (const t of c.tasks) if (!t.lead && t.endedAt === undefined) open += 1;
  return open;
}

// A side task without a rule of its own is another piece of work than the lead: whom the lead's pool leaves out may do it.
function exceptOf(rule: HolderRule | undefined, { except }: Resolved): Pick<Task, 'except'> {
  return except === undefined || rule === undefined ? {} : { except };
}

// An element names a unit, or a person where no unit has the key.
function named(w: Work, each: string): Holder {
  return w.view.directory.unit(each) === undefined && w.view.directory.person(each) !== undefined ? { person: each } : { unit: each };
}

function standIn(lead: Task | undefined, holder: Holder): Task {
  return { no: 0, step: '', lead: false, openedAt: '', sleeps: 0, fields: {}, version: 0, ...lead, holder };
}

/** Ends one open side task and lets its group be judged. */
export function endTask(w: Work, task: Task, outcome: string): void {
  const ended = w.changeTask(task.no);
  if (ended !== undefined) {
    ended.sleepsUntil = undefined;
    ended.endedAt = w.at;
    ended.outcome = outcome;
  }
  w.tell('task-ended', { task: task.no, step: task.step, outcome, by: w.actor.id, group: task.group });
  if (task.group === undefined || w.group(task.group.no)?.state !== 'open') return;
  const group = w.changeGroup(task.group.no);
  if (group === undefined) return;
  group.ended = [...group.ended, { no: task.no, step: task.step, outcome, by: w.actor.id }];
  judgeLater(w, group.no);
}

/** Ends the groups that stand under a lead that ended otherwise: nothing of them fires (law 11). */
export function voidGroupsOf(w: Work, lead: number): void {
  for (const group of w.c.groups) if (group.state === 'open' && group.lead === lead) settle(w, group.no, 'void');
}

/** A group that this decision opened has no lead to stand under when the same decision closes the case (law 1). */
export function voidOpened(w: Work): void {
  if (w.lead() !== undefined) return;
  for (const no of w.opened) if (w.c.groups.some((g) => g.no === no && g.state === 'open')) settle(w, no, 'void');
}

function settle(w: Work, no: number, state: 'complete' | 'refused' | 'void'): void {
  const group = w.changeGroup(no);
  if (group === undefined) return;
  group.state = state;
  group.pending = [];
  for (const task of openTasks(w.c)) if (task.group?.no === no) endTask(w, task, 'void');
  w.tell('group-ended', { key: group.key, no, state });
}

/**
 * Judges a group whose members changed. Returns the effects that follow, or undefined while the group is open. `refused` when a member ended with an outcome that its
 * step lists in `refuses`: the first one when all must succeed, when none can succeed any more when one is enough.
 */
export function judge(w: Work, no: number): 'complete' | 'refused' | undefined {
  const group = w.group(no);
  if (group === undefined || group.state !== 'open') return undefined;
  const spec = w.pack.groups.get(group.key);
  const open = openTasks(w.c).some((t) => t.group?.no === no);
  const refusals = group.ended.filter((e) => w.pack.steps[e.step]?.refuses?.includes(e.outcome) === true).length;
  const successes = group.ended.filter((e) => e.outcome !== 'void').length - refusals;
  const over = !open && group.pending.length === 0;
  const verdict =
    spec?.until === 'any'
      ? successes > 0
        ? 'complete'
        : over
          ? refusals > 0
            ? 'refused'
            : 'complete'
          : undefined
      : refusals > 0
        ? 'refused'
        : over
          ? 'complete'
          : undefined;
  if (verdict === undefined) {
    if (!open) {
      openNext(w, no);
      return judge(w, no);
    }
    return undefined;
  }
  settle(w, no, verdict);
  return verdict;
}
