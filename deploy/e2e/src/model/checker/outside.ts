import { compare } from './compare.js';
import { count, timesOf } from './counting.js';
import { type Decision, type EffectSpec, type GroupSpec, type Heard, type History, type PackDocument, type Window } from './documents.js';
import { Lost, type Replay } from './effects.js';
import { holds } from './facts.js';
import { type Look, type Run, type TaskState } from './run.js';

// Decisions that answer what other services say: reactions, withdrawals, answers to requests; and moves to another version of the pack.

type LookOf = (task: TaskState | undefined, input: Record<string, unknown>) => Look;

const depthOf = (e: Heard): number => (e.data['cause'] as { depth?: number } | undefined)?.depth ?? 0;

/** The decision must follow an event of that name about this ticket, which nothing of its kind has followed before. */
export function followsEvent(run: Run, d: Decision, name: string): string[] {
  const event = run.heard.get(d.told[0]?.causation ?? '');
  if (event?.name !== name) return [`it follows no ${name}`];
  const place = `${d.cause.kind} ${d.cause.key} ${event.id}`;
  if (run.followed.has(place)) return [`it follows ${name} for the second time`];
  run.followed.add(place);
  return [];
}

export function react(
  run: Run,
  d: Decision,
  replayOf: (x: Look, acting: number | undefined) => Replay,
  look: LookOf,
  before: ReadonlyMap<number, TaskState>,
): string[] {
  const { key } = d.cause;
  const spec = run.pack.process.reactions?.[key];
  if (spec === undefined) return [`the pack has no reaction ${key}`];
  if (spec.on.startsWith('dispatch.')) throw new Lost(`a reaction to ${spec.on}`);
  const problems = followsEvent(run, d, spec.on);
  const event = run.heard.get(d.told[0]?.causation ?? '');
  if (event === undefined) return problems;
  const lead = run.lead();
  const x: Look = { ...look(lead, {}), event: event.data };
  if (holds(spec.when, x) === false) problems.push(`its condition does not hold: ${JSON.stringify(spec.when)}`);
  const { run: runOf, task: taskOf } = event.data;
  if (spec.late !== true && runOf !== undefined && runOf !== run.run) problems.push(`its event is about run ${String(runOf)} of the case`);
  const task = run.openTasks().find((t) => t.no === taskOf);
  if (spec.late !== true && taskOf !== undefined && task === undefined)
    problems.push(`its event is about task ${String(taskOf)}, which is over`);
  const depth = d.told[0]?.data.cause?.depth;
  if (depth !== depthOf(event) + 1) problems.push(`its depth is ${String(depth)}, the event before it has ${depthOf(event)}`);
  if (Date.parse(d.told[0]?.data.at ?? '') < event.at - 1_000) problems.push('it is dated before its event');
  const about = task ?? lead;
  const unit = about?.holder.unit;
  const spent = spec.limit !== undefined && timesOf(spec.limit, run.done[key], about, unit, d.told[0]?.data.at ?? '') >= spec.limit.times;
  if (spent && spec.limit?.else === undefined) problems.push(`its limit of ${spec.limit?.times} is spent`);
  count(run, key, d, unit, about);
  const place = `${key} ${run.run}`;
  run.reacted.set(place, (run.reacted.get(place) ?? 0) + 1);
  const effects = spent ? (spec.limit?.else ?? []) : spec.do;
  const r = replayOf(x, undefined);
  r.effects(run.phase === 'open' ? effects : effects.filter((e) => runsWhenClosed(run, e)));
  for (const name of Object.keys(d.told[0]?.data.changes?.fields ?? {}))
    if (!r.changed.has(name)) problems.push(`it changes ${name}, which no effect names`);
  return [...problems, ...r.problems, ...compare(run, d, r, before, 'reaction', spec.says)];
}

function runsWhenClosed(run: Run, e: EffectSpec): boolean {
  if (e.set !== undefined || e.register !== undefined || e.link !== undefined || e.charge !== undefined) return true;
  return e.open?.outlives === true || (e.go !== undefined && e.go !== 'back' && run.pack.process.steps[e.go] !== undefined);
}

/** The answer to a request: asked before, answered once, with what the service said. */
export function answer(run: Run, d: Decision): string[] {
  const told = d.told.find((t) => t.name === 'dispatch.request-answered')?.data;
  const id = String(told?.['id']);
  const event = run.heard.get(d.told[0]?.causation ?? '');
  const problems: string[] = [];
  if (event !== undefined) run.followed.add(`system answer ${event.id}`);
  if (!run.requests.delete(id)) problems.push(`it answers request ${id}, which is not pending`);
  if (event === undefined || event.data['id'] !== id) problems.push(`no service has answered request ${id}`);
  else if (event.data['state'] !== told?.['state'])
    problems.push(`request ${id} is told as ${String(told?.['state'])}, the service said ${String(event.data['state'])}`);
  return problems;
}

/** Moves the run to the version that the decision names, after asking whether it may. */
export function repack(run: Run, d: Decision, packs: ReadonlyMap<string, PackDocument>, window: Window): string[] {
  const told = d.told.find((t) => t.name === 'dispatch.ticket-repacked')?.data as
    { from: PackDocument['pack']; to: PackDocument['pack'] } | undefined;
  if (told === undefined) return ['it tells no ticket-repacked'];
  const { from, to } = told;
  const problems: string[] = [];
  const { key, version } = run.pack.pack;
  if (from.key !== key || from.version !== version) problems.push(`it comes from v${from.version}, the case runs on v${version}`);
  const next = packs.get(`${key} ${to.version}`);
  if (to.key !== key || to.version === version || next === undefined) return [...problems, `it goes to ${to.key} v${to.version}`];
  problems.push(...missingIn(run, next).map((what) => `the other version lacks ${what}`));
  if (!run.people.possible(d.by, window).some((m) => m.roles.includes('supervisor'))) problems.push(`${d.by} is no supervisor`);
  run.pack = next;
  run.state = next.process.steps[run.step]?.state ?? run.state;
  const specs = groupsOf(next);
  for (const g of run.groups) g.spec = specs.get(g.key) ?? g.spec;
  return problems;
}

/** What a version lacks for the case to go on in it (law 9). */
export function missingIn(run: Run, next: PackDocument): string[] {
  const { steps } = next.process;
  const tasks = run.openTasks().flatMap((t) => {
    const step = steps[t.step];
    const fits = step !== undefined && step.final !== true && (step.side === true) !== t.lead;
    const wanted = t.wanted === undefined || steps[t.wanted] !== undefined ? [] : [`step ${t.wanted}`];
    return [...(fits ? [] : [`step ${t.step}`]), ...wanted];
  });
  const pending = run.groups.flatMap((g) => g.pending.map((p) => p.task.step)).filter((s) => steps[s]?.side !== true);
  const end = run.phase === 'closed' && steps[run.step]?.final !== true ? [`step ${run.step}`] : [];
  const known = groupsOf(next);
  const groups = run.groups.filter((g) => g.state === 'open' && !known.has(g.key)).map((g) => `group ${g.key}`);
  const [was, is] = [typesOf(run.pack), typesOf(next)];
  const fields = Object.keys(run.fields).filter((f) => was.has(f) && was.get(f) !== is.get(f)).map((f) => `field ${f}`); // prettier-ignore
  return [...tasks, ...pending.map((s) => `step ${s}`), ...end, ...groups, ...fields];
}

function typesOf(pack: PackDocument): Map<string, string> {
  return new Map(Object.values(pack.forms ?? {}).flatMap((form) => Object.entries(form.fields).map(([key, { type }]) => [key, type])));
}

function groupsOf(pack: PackDocument): Map<string, GroupSpec> {
  const found = new Map<string, GroupSpec>();
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { group, tasks } = node as Partial<GroupSpec>;
    if (typeof group === 'string' && Array.isArray(tasks)) found.set(group, node as GroupSpec);
    for (const child of Object.values(node)) walk(child);
  };
  walk(pack.process);
  return found;
}

/** What another service said and the case did not answer although the pack says how. Judged at the end, when no event is under way. */
export function unanswered(run: Run, history: History): string[] {
  const problems: string[] = [];
  const breached = new Set<string>();
  for (const e of history.heard ?? []) {
    const { clock, gen, dueAt, firedAt, run: runOf = 1, task } = e.data;
    if (e.name === 'sla.clock-breached') {
      const place = `${String(clock)} ${String(gen)}`;
      if (breached.has(place)) problems.push(`clock ${place} was breached twice`);
      breached.add(place);
      if (Date.parse(String(firedAt)) < Date.parse(String(dueAt))) problems.push(`clock ${place} was breached before it was due`);
    }
    for (const [key, spec] of Object.entries(run.pack.process.reactions ?? {})) {
      if (spec.on !== e.name || run.followed.has(`reaction ${key} ${e.id}`)) continue;
      // Of another run, or about a task that may have been over: it came too late.
      if (runOf !== run.run || task !== undefined) continue;
      const x: Look = { run, task: run.lead(), actor: '', input: {}, event: e.data, window: { from: e.at, to: e.at }, at: '' };
      const ofEvent = Object.keys(spec.when ?? {}).every((fact) => fact.startsWith('event.'));
      if (!ofEvent || holds(spec.when, x) !== true) continue;
      if (spec.limit !== undefined && (run.reacted.get(`${key} ${run.run}`) ?? 0) >= spec.limit.times) continue;
      problems.push(`${e.name} of ${String(clock)} at ${String(dueAt)} was followed by no ${key}`);
    }
    const closedSince = history.told.some((t) => Date.parse(t.data.at) > e.at - 10_000 && t.data.case.phase === 'closed');
    if (e.name === 'intake.ticket-withdrawn' && !run.followed.has(`system withdrawn ${e.id}`) && !closedSince)
      problems.push('the ticket was withdrawn, and its case went on');
  }
  for (const [id, kind] of run.requests) problems.push(`${kind} ${id} was asked for and never answered`);
  return problems;
}
