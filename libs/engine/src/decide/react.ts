import { type EventOf, type intake } from '@gongdan/contracts';
import { AppError, type Instant } from '@gongdan/kernel';
import { type PackFormat2, type Reaction } from '@gongdan/packs/format2';
import { MOST_DEPTH, TOO_LONG } from './depth.js';
import { count, timesWithin, timesWithinEarlier } from './limits.js';
import { compile, type Compiled } from '../model/compiled.js';
import { holds } from '../facts/conditions.js';
import { run } from '../effects/effects.js';
import { SYSTEM, type View } from '../model/env.js';
import { type Case, countedOf, type HeardClock, type Holder, leadOf, openTasks, type Task } from '../model/case.js';
import { beginAt, startRow } from './open-case.js';
import { type Skipped } from './skipped.js';
import { type Decided, finish, instantAfter } from '../telling/tell.js';
import { viewAfter } from '../holders/loads.js';
import { Work } from '../model/work.js';

/** What another service said about the ticket, or a wake-up or an answer of dispatch itself. */
export interface HeardEvent {
  name: string;
  data: Readonly<Record<string, unknown>>;
  occurredAt: Instant;
  /** How many reactions led to it (law 7). */
  depth: number;
  /** The run and the task that the event is about, when it names them. */
  run?: number;
  task?: number;
}

export interface Reacted extends Decided {
  skipped: Skipped[];
}

/** Does what the pack's reactions say to an event, each as a decision of its own. The ninth reaction in one chain is refused (law 7). */
export function react(
  pack: PackFormat2,
  view: View,
  before: Case,
  event: HeardEvent,
  now: Instant,
  recorded: { decisions: number },
): Reacted {
  const compiled = compile(pack);
  let all: Decided = { state: heard(before, event), events: [], records: [], claims: [] };
  const skipped: Skipped[] = [];
  for (const { key, reaction } of compiled.reactions.get(event.name) ?? []) {
    const decisions = recorded.decisions + all.records.length;
    const done = reactOnce(compiled, viewAfter(view, before, all.state), all.state, key, reaction, event, now, decisions);
    if ('why' in done) {
      skipped.push(done);
      continue;
    }
    if (done.skipped !== undefined) skipped.push(done.skipped);
    all = {
      state: done.state,
      events: [...all.events, ...done.events],
      records: [...all.records, ...done.records],
      claims: [...all.claims, ...done.claims],
    };
  }
  return { ...all, skipped };
}

function reactOnce(
  pack: Compiled,
  view: View,
  c: Case,
  key: string,
  reaction: Reaction,
  event: HeardEvent,
  now: Instant,
  decisions: number,
): (Decided & { skipped?: Skipped }) | Skipped {
  const at = instantAfter(c, now);
  const task = event.task === undefined ? undefined : c.tasks.find((t) => t.no === event.task);
  const x = { pack, view, case: c, now: at, actor: SYSTEM, task: openTasks(c).find((t) => t.lead), event: event.data };
  if (!holds(reaction.when, x)) return { reaction: key, why: 'condition' };
  if (reaction.late !== true && isOver(c, event, task)) return { reaction: key, why: 'over' };
  const about = task ?? leadOf(c);
  const { unit } = about?.holder ?? {};
  const done = countedOf(c, key);
  const { limit } = reaction;
  const earlier = event.run !== undefined && event.run < c.run;
  const times = limit === undefined ? 0 : earlier ? timesWithinEarlier(limit, done, about, at) : timesWithin(limit, done, about, unit, at);
  const spent = limit !== undefined && times >= limit.times;
  if (spent && limit.else === undefined) return { reaction: key, why: 'limit' };
  const cause = { kind: 'reaction', key, depth: event.depth + 1 } as const;
  const w = new Work({ pack, view, before: c, at, actor: SYSTEM, cause, event: event.data, decisions });
  if (event.depth >= MOST_DEPTH) {
    w.tell('reaction-refused', { reaction: key, code: TOO_LONG });
    return { ...finish(w, undefined), skipped: { reaction: key, why: 'depth', code: TOO_LONG } };
  }
  count(w, key, about, unit, earlier);
  const effects = spent ? (limit.else ?? []) : reaction.do;
  try {
    run(w, c.phase === 'open' ? effects : effects.filter((e) => runsWhenClosed(pack, e)), 'routed');
    return finish(w, reaction);
  } catch (error) {
    // What was heard is a fact and has no caller to refuse it to: the reaction changes nothing, and the others still run.
    if (error instanceof AppError) return { reaction: key, why: 'refused', code: error.code };
    throw error;
  }
}

// A reaction runs while the run that its event names is the newest one and the task that it names is open. The newest run may be closed: clocks may start at
// its end, and an action that asks for something may close it.
function isOver(c: Case, event: HeardEvent, task: Task | undefined): boolean {
  if (event.run !== undefined && event.run !== c.run) return true;
  return event.task !== undefined && (task === undefined || task.endedAt !== undefined);
}

function runsWhenClosed(pack: Compiled, effect: Reaction['do'][number]): boolean {
  if ('set' in effect || 'register' in effect || 'link' in effect || 'charge' in effect) return true;
  if ('open' in effect) return effect.open.outlives === true;
  return 'go' in effect && effect.go !== 'back' && pack.steps[effect.go] !== undefined;
}

const CLOCK_STATES: Readonly<Record<string, HeardClock['state']>> = {
  'sla.clock-started': 'running',
  'sla.clock-resumed': 'running',
  'sla.clock-paused': 'paused',
  'sla.clock-stopped': 'stopped',
  'sla.clock-cancelled': 'cancelled',
};

/** What the case knows of its clocks after an event of sla. It is no decision: the version stays. */
export function heard(c: Case, event: HeardEvent): Case {
  const key = event.data['clock'];
  if (!event.name.startsWith('sla.clock-') || typeof key !== 'string') return c;
  // Conditions see the clocks of the present run, and its clock may have the same key.
  if (event.run !== undefined && event.run !== c.run) return c;
  const was = Object.hasOwn(c.heard.clocks, key) ? c.heard.clocks[key] : undefined;
  const { dueAt } = event.data;
  const state = CLOCK_STATES[event.name] ?? was?.state ?? 'running';
  const breached = event.name === 'sla.clock-breached' || (event.name !== 'sla.clock-started' && was?.breached === true);
  const clock: HeardClock = {
    state,
    dueAt: typeof dueAt === 'string' ? dueAt : (was?.dueAt ?? event.occurredAt),
    ...(breached ? { breached } : {}),
    ...(event.run === undefined ? {} : { run: event.run }),
  };
  return { ...c, heard: { ...c.heard, clocks: { ...c.heard.clocks, [key]: clock } } };
}

/** Ends the sleep of a task, and what it waited for; undefined when the sleep is not the one that is due. */
export function wake(
  pack: PackFormat2,
  view: View,
  c: Case,
  due: { task: number; sleeps: number },
  now: Instant,
  recorded: { decisions: number },
): Reacted | undefined {
  const task = openTasks(c).find((t) => t.no === due.task && t.sleeps === due.sleeps && t.sleepsUntil !== undefined);
  if (task === undefined) return undefined;
  const at = instantAfter(c, now);
  const cause = { kind: 'system', key: 'wake', depth: 0 } as const;
  const w = new Work({ pack: compile(pack), view, before: c, at, actor: SYSTEM, cause, decisions: recorded.decisions });
  const { waitsFor, ...other } = task.holder;
  // A sleep waits for a party; what waits for a group waits until the group is over.
  const holder: Holder = typeof waitsFor === 'object' ? task.holder : other;
  const gone = isGone(view, holder, at);
  const { person: _, ...pool } = holder;
  const awake = w.changeTask(task.no);
  if (awake !== undefined) {
    delete awake.sleepsUntil;
    awake.holder = gone ? pool : holder;
  }
  w.tell('task-woke', { task: task.no, step: task.step });
  const woken = finish(w, undefined);
  const event: HeardEvent = {
    name: 'dispatch.task-woke',
    data: { task: task.no, step: task.step },
    occurredAt: at,
    depth: 0,
    task: task.no,
  };
  const reacted = react(pack, view, woken.state, event, now, { decisions: recorded.decisions + woken.records.length });
  return {
    ...reacted,
    events: [...woken.events, ...reacted.events],
    records: [...woken.records, ...reacted.records],
    claims: [...woken.claims, ...reacted.claims],
  };
}

/** Whether the holder is absent or off shift: in the unit of the task, or anywhere when he holds it without being a member there. */
function isGone({ directory }: View, { unit, person }: Holder, at: Instant): boolean {
  if (person === undefined || unit === undefined || directory.person(person) === undefined) return false;
  return !directory.available(person, at, directory.unitsOf(person, at).includes(unit) ? unit : undefined);
}

/** Cancels the case because the complainant withdrew the ticket; undefined when it is over already: the withdrawal came too late. */
export function withdraw(
  pack: PackFormat2,
  view: View,
  c: Case,
  reason: string,
  now: Instant,
  recorded: { decisions: number },
): Decided | undefined {
  if (c.phase === 'closed') return undefined;
  const cause = { kind: 'system', key: 'withdrawn', depth: 0 } as const;
  const { decisions } = recorded;
  const w = new Work({
    pack: compile(pack),
    view,
    before: c,
    at: instantAfter(c, now),
    actor: SYSTEM,
    cause,
    input: { reason },
    decisions,
  });
  run(w, [{ go: w.pack.pack.process.system.withdrawn }], 'routed');
  return finish(w, undefined);
}

/** The case after an amendment of its ticket. Dispatch owns the class once it has classified or somebody has acted; before, the amendment counts. */
export function amended(c: Case, change: EventOf<typeof intake.TicketAmended>['data']): Case {
  const { title, category, priority, place, contactSealed, hasEmail } = change;
  const untouched = isUntouched(c);
  return {
    ...c,
    ...(title === undefined ? {} : { title }),
    class: {
      ...c.class,
      ...(category === undefined || !untouched ? {} : { category }),
      ...(priority === undefined || !untouched ? {} : { priority }),
    },
    ticket: {
      ...c.ticket,
      ...(place === undefined ? {} : { place: place as NonNullable<Case['ticket']['place']> }),
      ...(hasEmail === undefined ? {} : { hasEmail }),
      ...(contactSealed === undefined ? {} : { hasContact: true }),
    },
  };
}

function isUntouched(c: Case): boolean {
  return c.phase === 'open' && c.done.length === 0 && c.run === 1;
}

/**
 * Routes a case again on which nobody has acted, because an amendment made `c` of `before`; undefined when it stays where it is. What another row of the
 * start does is done; what the row by which the case began has done is not done again, and the side tasks that it opened stay. Nobody's choice is overruled.
 */
export function routeAgain(
  pack: PackFormat2,
  view: View,
  before: Case,
  c: Case,
  now: Instant,
  recorded: { decisions: number },
): Decided | undefined {
  if (!isUntouched(c) || recorded.decisions > 1) return undefined;
  const cause = { kind: 'system', key: 'amended', depth: 0 } as const;
  const { decisions } = recorded;
  const of = { pack: compile(pack), view, at: instantAfter(c, now), actor: SYSTEM, cause, decisions };
  const row = startRow(new Work({ ...of, before: c }));
  if (row === undefined) return undefined;
  const same = row === startRow(new Work({ ...of, before }));
  const due = same ? [] : (row.do ?? []);
  const { w, refused } = beginAt(() => workOn({ ...of, before: c }, same), row, due);
  const [was, is] = [leadOf(c), leadOf(w.c)];
  if ((due.length === 0 || refused !== undefined) && was?.step === is?.step && was?.holder.unit === is?.holder.unit) return undefined;
  return finish(w, undefined);
}

/** A decision in the making; `keeps`: the groups under the lead go over to the lead that stands at its end. */
function workOn(of: ConstructorParameters<typeof Work>[0], keeps: boolean): Work {
  const w = new Work(of);
  const lead = w.lead();
  for (const { no, lead: under, state } of w.c.groups) {
    const group = keeps && state === 'open' && under === lead?.no ? w.changeGroup(no) : undefined;
    if (group === undefined) continue;
    group.lead = undefined;
    w.opened.push(no);
  }
  return w;
}

/** Whether anything in the pack depends on what the event says: a reaction, or a fact about clocks. */
export function asksClocks(pack: PackFormat2, event: string): boolean {
  const compiled = compile(pack);
  return compiled.reactions.has(event) || (event.startsWith('sla.clock-') && compiled.asksClocks);
}
