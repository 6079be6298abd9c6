import { Conflict, Forbidden, type Instant, NotFound } from '@gongdan/kernel';
import { compile, type CompiledAction } from '../model/compiled.js';
import { firstFailure } from '../facts/conditions.js';
import { type Context } from '../facts/context.js';
import { run, setFields } from '../effects/effects.js';
import { type Acting, type View } from '../model/env.js';
import { type Input, ledgerOf, maySeeFact, personalFields, readForm } from '../forms/forms.js';
import { type Case, countedOf, leadOf, openTasks, type Task, type Value } from '../model/case.js';
import { admits, mightAdmit, narrowed } from '../holders/performers.js';
import { caseNow } from '../telling/position.js';
import { type Decided, finish, instantAfter } from '../telling/tell.js';
import { type PackFormat2 } from '@gongdan/packs/format2';
import { type MoveWhy } from '../effects/leads.js';
import { MOST_DEPTH, TOO_LONG } from './depth.js';
import { count, limitReached, timesWithin } from './limits.js';
import { mustMatch } from './matching.js';
import { verbs } from './verbs.js';
import { copyOfMap, type Draft as Writable, setEntry } from '../model/shapes.js';
import { Work } from '../model/work.js';

/** What somebody wants to do. */
export interface Command {
  action: string;
  /** No of the task that is meant; without it the lead, or the only open side task of the action's step that the actor may act on. */
  task?: number | undefined;
  input?: Readonly<Record<string, unknown>> | undefined;
  /** Version of the task that the actor saw (If-Match, law 5). */
  seen?: number | undefined;
  /** The device's own time (P19): never before the task's last change, never after now. Guards use `now`. */
  occurredAt?: Instant | undefined;
  /** Set when the platform does it on a linked ticket; otherwise the action itself is the cause. */
  cause?: { kind: 'cascade'; depth: number } | undefined;
}

const NO_INPUT = {};

/** How many decisions of the ticket are recorded already. */
export interface Recorded {
  decisions: number;
}

/**
 * Does one action of the pack, or a verb of the platform (verbs.ts). Returns the case with what is told, or throws: 404 for an unknown action, 403 when the actor may not, 409
 * when not now, 400 and 422 for the input (law 4). Pure: it asks `view` and `now`, and nothing else.
 */
export function advance(
  pack: PackFormat2,
  view: View,
  c: Case,
  command: Command,
  actor: Acting,
  now: Instant,
  recorded: Recorded,
): Decided {
  if (command.cause !== undefined && command.cause.depth > MOST_DEPTH) throw new Conflict(TOO_LONG);
  const compiled = compile(pack);
  const action = compiled.actions.get(command.action);
  const verb = action === undefined ? verbs.get(command.action) : undefined;
  if (verb !== undefined)
    return verb({ pack: compiled, view, c, command, actor, now: instantAfter(c, now), decisions: recorded.decisions });
  if (action === undefined)
    throw new NotFound('dispatch/no-such-action', {
      details: { action: command.action, actions: [...compiled.actions.keys(), ...verbs.keys()] },
    });
  const at = instantAfter(c, now);
  const x: Writable<Context> = {
    pack: compiled,
    view,
    case: c,
    now: at,
    actor,
    task: undefined,
    input: undefined,
    each: undefined,
    event: undefined,
  };
  const task = targetOf(action, x, command, actor);
  x.task = task ?? leadOf(c);
  mustMatch(c, task, command.seen);
  const { form } = action;
  const input = readForm(form, command.input ?? NO_INPUT, x);
  x.input = input;
  const failed = action.when === undefined ? undefined : firstFailure(action.when, x);
  if (failed !== undefined) {
    const { fact, is } = failed;
    const told = maySeeFact(compiled, fact, actor) ? { fact, is } : { fact };
    throw new Conflict('dispatch/guard', {
      details: { action: action.key, ...told, when: action.when, ...(action.unless === undefined ? {} : { unless: action.unless }) },
    });
  }
  const unit = actingUnit(task, actor);
  const spent = action.limit !== undefined && timesWithin(action.limit, countedOf(c, action.key), task, unit, at) >= action.limit.times;
  if (spent && action.limit?.else === undefined) throw limitReached(action, c, at);
  const when = occurredAt(command.occurredAt, task, c, at);
  const w = new Work({
    pack: compiled,
    view,
    before: c,
    at: when,
    actor,
    cause: { kind: command.cause?.kind ?? 'action', key: action.key, depth: command.cause?.depth ?? 0 },
    input: seal(input, personalFields(form), view),
    acting: task !== undefined && !task.lead ? task.no : undefined,
    decisions: recorded.decisions,
  });
  count(w, action.key, task, unit);
  land(w, task, personalFields(form));
  w.ledger = ledgerOf(form, input, x);
  run(w, spent ? (action.limit?.else ?? []) : action.do, why(action));
  return finish(w, action);
}

/** The unit for which somebody acts: that of the task, else his own. */
function actingUnit(task: Task | undefined, actor: Acting): string | undefined {
  return task?.holder.unit ?? actor.memberships.find((m) => m.unit !== undefined)?.unit;
}

function why(action: CompiledAction): MoveWhy {
  return action.says === 'returned' ? 'returned' : 'routed';
}

/** The task that the action acts on. Checked in the order of law 4: who, then phase and step. */
function targetOf(action: CompiledAction, x: Writable<Context>, command: Command, actor: Acting): Task | undefined {
  const c = x.case;
  const forbid = (): Forbidden => new Forbidden('dispatch/not-yours', { details: { action: action.key, by: action.by } });
  const may = (task: Task | undefined): boolean => {
    x.task = task ?? leadOf(c);
    const acting = narrowed(action.except, x, actor);
    return acting !== undefined && admits(action.by, x, acting, task);
  };
  if (action.target === 'case') {
    if (!may(undefined)) throw forbid();
    const phase = action.phase ?? 'open';
    if (phase !== 'any' && c.phase !== phase) throw illegalMove(x, action.key);
    return undefined;
  }
  if (action.side && action.target !== 'lead') return sideTarget(action, action.target, x, command, actor, may, forbid);
  const lead = leadOf(c);
  if (lead === undefined) {
    // A closed case has no lead: an action on its final step acts on the case.
    if (action.target === 'lead' || !action.target.has(c.step)) throw mightAdmit(action.by, actor) ? illegalMove(x, action.key) : forbid();
    if (!may(undefined)) throw forbid();
    return undefined;
  }
  if (command.task !== undefined && command.task !== lead.no) throw gone(x, command.task);
  if (action.target !== 'lead' && !action.target.has(lead.step)) throw mightAdmit(action.by, actor) ? illegalMove(x, action.key) : forbid();
  if (!may(lead)) throw forbid();
  return lead;
}

function sideTarget(
  action: CompiledAction,
  steps: ReadonlySet<string>,
  x: Context,
  command: Command,
  actor: Acting,
  may: (t: Task) => boolean,
  forbid: () => Forbidden,
): Task {
  const open = openTasks(x.case).filter((t) => steps.has(t.step));
  if (command.task !== undefined) {
    const task = open.find((t) => t.no === command.task);
    if (task === undefined) throw gone(x, command.task);
    if (!may(task)) throw forbid();
    return task;
  }
  if (open.length === 0) throw mightAdmit(action.by, actor) ? illegalMove(x, action.key) : forbid();
  const mine = open.filter(may);
  const [task, another] = mine;
  if (task === undefined) throw forbid();
  if (another !== undefined)
    throw new Conflict(
      'dispatch/which-task',
      { details: { action: action.key, tasks: mine.map((t) => ({ no: t.no, step: t.step, holder: t.holder })) } },
      'several open tasks take the action; name one',
    );
  return task;
}

function gone(x: Context, no: number): Conflict {
  return new Conflict('dispatch/task-ended', { details: { task: no, case: caseNow(x.case) } }, 'the task is over or takes another action');
}

export function illegalMove(x: Context, action: string): Conflict {
  const c = x.case;
  const step = leadOf(c)?.step ?? c.step;
  const actions = [...x.pack.actions.values()].filter((a) => (a.target === 'lead' && c.phase === 'open') || (a.target instanceof Set && a.target.has(step)) || (a.target === 'case' && (a.phase ?? 'open') !== (c.phase === 'open' ? 'closed' : 'open'))); // prettier-ignore
  return new Conflict('dispatch/illegal-move', { details: { action, case: caseNow(c), actions: actions.map((a) => a.key) } });
}

function seal(input: Input, personal: readonly string[], view: View): Input {
  if (!personal.some((key) => input[key] !== undefined)) return input;
  const sealed = personal.flatMap((key) => (input[key] === undefined ? [] : [[key, view.seal(JSON.stringify(input[key]))] as const]));
  return { ...input, ...Object.fromEntries(sealed) };
}

// The input of a lead's action lands in the case, that of a side task stays on it.
function land(w: Work, task: Task | undefined, personal: readonly string[]): void {
  const given = Object.keys(w.input);
  if (given.length === 0) return;
  const ofCase = task === undefined || task.lead;
  // What a side task gathered is told by the name of its fact, so that no follower takes it for a field of the case.
  const told = (key: string): string => (ofCase ? key : `tasks.${task.step}.fields.${key}`);
  if (personal.some((key) => w.input[key] !== undefined)) w.sealed = personal.filter((key) => w.input[key] !== undefined).map(told);
  if (ofCase) {
    setFields(w, w.input);
    return;
  }
  const changed = w.changeTask(task.no);
  const fields = copyOfMap(task.fields);
  const changes: Record<string, Value> = {};
  for (const key of given) {
    const value = w.input[key] ?? null;
    setEntry(fields, key, value);
    setEntry(changes, told(key), value);
  }
  w.changed = changes;
  if (changed !== undefined) changed.fields = fields;
}

function occurredAt(device: Instant | undefined, task: Task | undefined, c: Case, at: Instant): Instant {
  if (device === undefined) return at;
  const earliest = [task?.openedAt ?? c.openedAt, c.since].sort().at(-1) ?? at;
  return device < earliest ? earliest : device > at ? at : device;
}

/** An action that somebody may do now; without a task on the lead or the case. */
interface Offer {
  action: string;
  task?: number | undefined;
}

/** The actions that the actor may do now, and on which tasks. Their input may still be refused. */
export function available(pack: PackFormat2, view: View, c: Case, actor: Acting, now: Instant): Offer[] {
  const compiled = compile(pack);
  const at = instantAfter(c, now);
  const offers: Offer[] = [];
  for (const action of compiled.actions.values()) {
    const tasks = tasksFor(action, c);
    for (const task of tasks) {
      const x: Context = { pack: compiled, view, case: c, now: at, actor, task: task ?? leadOf(c) };
      const acting = narrowed(action.except, x, actor);
      if (acting === undefined || !admits(action.by, x, acting, task)) continue;
      if (action.when !== undefined && !action.asksInput && firstFailure(action.when, x) !== undefined) continue;
      const unit = actingUnit(task, actor);
      if (
        action.limit !== undefined &&
        action.limit.else === undefined &&
        timesWithin(action.limit, countedOf(c, action.key), task, unit, at) >= action.limit.times
      )
        continue;
      offers.push({ action: action.key, task: task === undefined || task.lead ? undefined : task.no });
    }
  }
  return offers;
}

function tasksFor(action: CompiledAction, c: Case): (Task | undefined)[] {
  if (action.target === 'case') {
    const phase = action.phase ?? 'open';
    return phase === 'any' || phase === c.phase ? [undefined] : [];
  }
  const lead = leadOf(c);
  if (action.target === 'lead') return lead === undefined ? [] : [lead];
  const { target } = action;
  if (lead === undefined && !action.side) return target.has(c.step) ? [undefined] : [];
  return openTasks(c).filter((t) => target.has(t.step) && t.lead !== action.side);
}
