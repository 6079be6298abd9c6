import { Conflict, Forbidden, type Instant, Invalid, Refused, type Violation } from '@gongdan/kernel';
import { listOf, type PackFormat2, type Performer } from '@gongdan/packs/format2';
import { compile, type Compiled } from '../model/compiled.js';
import { type Context } from '../facts/context.js';
import { isUnstorable } from '../forms/field-problems.js';
import { reassign, watch } from '../effects/effects.js';
import { type Acting, NeedsLoads, type View } from '../model/env.js';
import { type Case, leadOf, openTasks, type Task } from '../model/case.js';
import { admits, narrowed } from '../holders/performers.js';
import { count } from './limits.js';
import { mustMatch } from './matching.js';
import { type Decided, finish, instantAfter } from '../telling/tell.js';
import { Work } from '../model/work.js';
import { go } from '../effects/leads.js';

interface VerbCommand {
  action: string;
  task?: number | undefined;
  input?: Readonly<Record<string, unknown>> | undefined;
  seen?: number | undefined;
}

/** Who does a verb on which case. */
interface Doing {
  pack: Compiled;
  view: View;
  c: Case;
  command: VerbCommand;
  actor: Acting;
  now: Instant;
  decisions: number;
}

type Verb = (d: Doing) => Decided;

/**
 * Actions that every pack has unless it declares one of the same name (engine.md 5): `note` adds a text to the history, `watch` follows the case, `share` lets others of the
 * organisation follow it, `route` names the unit of a case or task that nobody holds, `take` makes a member of a pool the holder of a
 * task without moving it (DI-07). `note`, `watch` and `share` have events of their own names; the others tell `ticket-advanced` first, like actions of the pack.
 */
export const verbs: ReadonlyMap<string, Verb> = new Map<string, Verb>([
  ['note', note],
  ['watch', (d) => follow(d, [])],
  ['share', share],
  ['route', route],
  ['take', take],
]);

function note(d: Doing): Decided {
  const { text } = readInput(d.command, ['text']);
  if (typeof text !== 'string' || text.trim() === '') throw missing('/text');
  const wrong = text.length > 20_000 ? 'must have at most 20000 characters' : isUnstorable(text) ? 'must be text without NUL' : undefined;
  if (wrong !== undefined) throw new Refused('dispatch/invalid-fields', { violations: [{ pointer: '/text', detail: wrong }] });
  const w = begin(d, 'note');
  w.tell('ticket-noted', { text });
  return finish(w, undefined);
}

function share(d: Doing): Decided {
  const { person } = readInput(d.command, ['person']);
  if (typeof person !== 'string' || person === '') throw missing('/person');
  return follow({ ...d, command: { ...d.command, input: {} } }, [person]);
}

function follow(d: Doing, people: string[]): Decided {
  readInput(d.command, []);
  const w = begin(d, people.length > 0 ? 'share' : 'watch');
  watch(w, people.length > 0 ? people : [d.actor.id]);
  // Whoever watches already changes nothing, and nothing is told.
  if (!w.watched) return { state: d.c, events: [], records: [], claims: [] };
  return finish(w, undefined);
}

function route(d: Doing): Decided {
  const { view, c, command, actor, now } = d;
  if (!actor.memberships.some((m) => m.roles.includes('supervisor') || m.roles.includes('admin')))
    throw new Forbidden('dispatch/not-yours', { details: { action: 'route', by: [{ role: 'supervisor' }] } });
  const task = command.task === undefined ? leadOf(c) : openTasks(c).find((t) => t.no === command.task);
  const unroutable = task !== undefined && (task.wanted !== undefined || task.holder.unit === undefined);
  if (!unroutable) throw new Conflict('dispatch/illegal-move', { details: { action: 'route' } }, 'the task has a unit already');
  mustMatch(c, task, command.seen);
  const { unit } = readInput(command, ['unit']);
  if (typeof unit !== 'string') throw missing('/unit');
  if (!view.directory.isOpen(unit, now))
    throw new Refused('dispatch/unknown-unit', { violations: [{ pointer: '/unit', detail: `the directory has no open unit ${unit}` }] });
  const w = begin(d, 'route', { unit });
  if (!task.lead) {
    w.record({ rule: 'supervisor', candidates: [{ unit }], facts: {} }, 'assigned', task, { unit });
    reassign(w, task, { unit });
  } else {
    go(w, { go: task.wanted ?? task.step, holder: { unit: { fact: 'input.unit' } } });
    for (const record of w.records) record.rule = 'supervisor';
  }
  return finish(w, {});
}

function take(d: Doing): Decided {
  const { pack, view, c, command, actor, now } = d;
  readInput(command, []);
  const task = command.task === undefined ? leadOf(c) : openTasks(c).find((t) => t.no === command.task);
  if (task === undefined || task.holder.person !== undefined || task.holder.unit === undefined)
    throw new Conflict('dispatch/illegal-move', { details: { action: 'take' } }, 'the task is in no pool');
  const x = { pack, view, case: c, now, actor, task };
  if (!admits('holder', x, actor, task) || isIdleWith(task, x, actor))
    throw new Forbidden('dispatch/not-yours', { details: { action: 'take', by: ['holder'] } });
  mustMatch(c, task, command.seen);
  const capacity = view.directory.capacityOf(actor.id, task.holder.unit, now);
  if (capacity !== undefined) {
    const load = view.loads.get(actor.id);
    if (load === undefined) throw new NeedsLoads([actor.id]);
    if (load.open >= capacity)
      throw new Conflict('dispatch/at-capacity', { details: { capacity, open: load.open } }, 'finish a task before you take another');
  }
  const w = begin(d, 'take');
  // Counted like an action: what somebody works on is not routed again.
  count(w, 'take', task, task.holder.unit);
  reassign(w, task, { ...task.holder, person: actor.id });
  w.claims.push({ person: actor.id, ...(capacity === undefined ? {} : { capacity }) });
  return finish(w, {});
}

/** Whether the holder's actions on the task all leave the actor out (four eyes): he would only keep it from the others. */
function isIdleWith(task: Task, x: Context, actor: Acting): boolean {
  const his = [...x.pack.actions.values()].filter(
    ({ target, side, by }) =>
      (target === 'lead' ? task.lead : target !== 'case' && side !== task.lead && target.has(task.step)) &&
      listOf<Performer>(by).some((p) => p === 'holder' || p === 'assignee'),
  );
  return his.length > 0 && his.every((action) => narrowed(action.except, x, actor) === undefined);
}

/** Tells that an update of a device was refused when it arrived (P19); the case stays as it is. */
export function refuseSubmission(
  pack: PackFormat2,
  view: View,
  c: Case,
  refused: { action: string; code: string; key: string },
  actor: Acting,
  now: Instant,
  recorded: { decisions: number },
): Decided {
  const { decisions } = recorded;
  const w = begin({ pack: compile(pack), view, c, command: refused, actor, now: instantAfter(c, now), decisions }, refused.action);
  w.tell('submission-refused', { ...refused });
  return finish(w, undefined);
}

function begin({ pack, view, c, now, actor, decisions }: Doing, key: string, input?: Record<string, string>): Work {
  return new Work({ pack, view, before: c, at: now, actor, cause: { kind: 'action', key, depth: 0 }, input, decisions });
}

function readInput(command: VerbCommand, takes: readonly string[]): Readonly<Record<string, unknown>> {
  const unexpected: Violation[] = Object.keys(command.input ?? {})
    .filter((key) => !takes.includes(key) && command.input?.[key] !== undefined)
    .map((key) => ({ pointer: `/${key}`, detail: 'this action does not take the field' }));
  if (unexpected.length > 0) throw new Invalid('dispatch/unexpected-fields', { violations: unexpected });
  return command.input ?? {};
}

function missing(pointer: string): Refused {
  return new Refused('dispatch/missing-fields', { violations: [{ pointer, detail: 'is required for this action' }] });
}
