import {
  type ActionSpec,
  type EffectSpec,
  type History,
  type Holder,
  listOf,
  type PackDocument,
  type Told,
  type Window,
  type Decision,
} from './documents.js';
import { Lost, Replay } from './effects.js';
import { holds } from './facts.js';
import { isIdleWith, leftOutBy } from './four-eyes.js';
import { admits } from './holders.js';
import { compare } from './compare.js';
import { count, timesOf } from './counting.js';
import { judgeRefusals, type Refusal } from './judge-refusals.js';
import { answer, followsEvent, react, repack, unanswered } from './outside.js';
import { type People } from './people.js';
import { type Look, Run, type TaskState } from './run.js';

export interface Verdict {
  ticketId: string;
  problems: string[];
  decisions: Decision[];
  /** Decisions that were played again to the end, and why the check of the case ended early, if it did. */
  replayed: number;
  /** How many refusals could be judged. */
  refusals: number;
  lost?: string;
  /** Open tasks by holder at the end. */
  run: Run;
  /** The version that each decision's task had before it, by version of the decision. */
  taskVersions: Map<number, number>;
}

const VERBS: ReadonlySet<string> = new Set(['note', 'watch', 'share', 'route', 'take', 'repack']);

/** Splits a stream into decisions. Reports gaps, repetitions and events that contradict their place. */
export function decisionsOf(told: readonly Told[]): { decisions: Decision[]; problems: string[] } {
  const problems: string[] = [];
  const decisions: Decision[] = [];
  const keyOf = (t: Told): string => {
    const { version: _, ...position } = t.data.case;
    return JSON.stringify([t.correlation, t.causation, t.by, t.data.cause, t.data.at, position]);
  };
  told.forEach((t, i) => {
    if (t.seq !== i + 1) problems.push(`event ${i + 1} of the stream has seq ${t.seq}`);
    if (t.data.case.version !== t.seq) problems.push(`event ${t.seq} carries version ${t.data.case.version}`);
    const before = told[i - 1];
    if (before !== undefined && t.data.at < before.data.at) problems.push(`event ${t.seq} is dated before the one before it`);
    const last = decisions.at(-1);
    const cause = t.data.cause ?? { kind: '?', key: '?' };
    if (last !== undefined && before !== undefined && keyOf(before) === keyOf(t)) {
      last.told.push(t);
      last.version = t.seq;
    } else decisions.push({ told: [t], by: t.by, correlation: t.correlation, cause, version: t.seq });
  });
  return { decisions, problems };
}

/** Proves that the history of a case is a legal run of its pack, or says where it is not. `windowOf` tells when a request was under way. */
export function judgeCase(
  history: History,
  packs: ReadonlyMap<string, PackDocument>,
  people: People,
  windowOf: (correlation: string) => Window | undefined,
  refused: readonly Refusal[] = [],
): Verdict {
  const { decisions, problems } = decisionsOf(history.told);
  const { key, version } = history.registered.data.pack;
  const pack = packs.get(`${key} ${version}`);
  if (pack === undefined) throw new Error(`no pack ${key} v${version}`);
  const run = new Run(pack, people, history.registered);
  for (const e of history.heard ?? []) run.heard.set(e.id, e);
  const verdict: Verdict = { ticketId: history.ticketId, problems, decisions, replayed: 0, refusals: 0, run, taskVersions: new Map() };
  for (const [i, d] of decisions.entries()) {
    const at = Date.parse(d.told[0]?.data.at ?? '');
    const own = windowOf(d.correlation);
    // The instant of a decision is that of its request; it may have waited for the case since then.
    const window = d.cause.kind === 'action' && own !== undefined ? own : { from: at - 1_000, to: at + 5_000 };
    const where = `decision at version ${d.version} (${d.cause.kind} ${d.cause.key} by ${d.by})`;
    try {
      for (const problem of judge(run, d, window, verdict, packs)) problems.push(`${where}: ${problem}`);
      verdict.replayed += 1;
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      verdict.lost = `${where}: ${error.message}`;
      break;
    }
    // After a wrong step everything that follows would be wrong, too.
    if (problems.length > 0) break;
    const judged = judgeRefusals(run, refused, d.version, Date.parse(decisions[i + 1]?.told[0]?.data.at ?? '9999-01-01'), packs);
    verdict.refusals += judged.count;
    problems.push(...judged.problems);
  }
  if (problems.length === 0 && verdict.lost === undefined) problems.push(...unanswered(run, history));
  return verdict;
}

function judge(run: Run, d: Decision, window: Window, verdict: Verdict, packs: ReadonlyMap<string, PackDocument>): string[] {
  const [first] = d.told;
  if (first === undefined) return [];
  const after = d.told.at(-1)?.data.case ?? first.data.case;
  for (const t of d.told) if (t.name === 'dispatch.request-asked') run.requests.set(String(t.data['id']), String(t.data['kind']));
  const lead = run.lead();
  if (d.cause.key === 'repack' && lead !== undefined) verdict.taskVersions.set(d.version, lead.version);
  const moved = d.cause.kind === 'action' && d.cause.key === 'repack' ? repack(run, d, packs, window) : [];
  const { pack } = after;
  if (pack.key !== run.pack.pack.key || pack.version !== run.pack.pack.version) return [`it runs on ${pack.key} v${pack.version}`];
  const before = snapshot(run);
  const changes = first.data.changes?.fields ?? {};
  const look = (task: TaskState | undefined, input: Record<string, unknown>): Look => ({
    run,
    task,
    actor: d.by,
    input,
    window,
    at: first.data.at,
  });
  const holders = new Map<number, Holder>();
  for (const t of d.told)
    if (t.name === 'dispatch.task-opened' || t.name === 'dispatch.task-assigned')
      holders.set(Number(t.data['task']), t.data['holder'] as Holder);
  for (const t of [...after.side, ...(after.lead === undefined ? [] : [after.lead])]) holders.set(t.no, t.holder);
  const replay = (x: Look, acting: number | undefined): Replay => new Replay(run, x, after, holders, d.cause, acting);
  const { kind, key } = d.cause;
  if (kind === 'reaction') return react(run, d, replay, look, before);
  if (kind === 'action' && !VERBS.has(key)) {
    const action = run.pack.process.actions[key];
    if (action === undefined) return [`the pack has no action ${key}`];
    return act(run, d, key, action, changes, look, replay, before, verdict);
  }
  const leadLook = look(run.lead(), {});
  const r = replay(leadLook, undefined);
  const early: string[] = moved;
  if (kind === 'start') start(run, r, leadLook);
  else if (kind === 'system' && key === 'withdrawn') {
    if (run.phase === 'closed') early.push('a closed case was withdrawn');
    early.push(...followsEvent(run, d, 'intake.ticket-withdrawn'));
    r.go({ go: run.pack.process.system.withdrawn });
  } else if (kind === 'system' && key === 'wake') {
    const no = Number(d.told.find((t) => t.name === 'dispatch.task-woke')?.data['task']);
    const task = run.openTasks().find((t) => t.no === no);
    if (task === undefined) return [`task ${no} woke and is not open`];
    r.wake(task);
    const told = holders.get(no);
    // A person who is absent then gives it to the pool.
    if (told !== undefined && told.person === undefined && task.holder.person !== undefined) {
      const { person: _, ...pool } = task.holder;
      task.holder = pool;
    }
  } else if (kind === 'system' && key === 'answer') {
    early.push(...answer(run, d));
    r.told.push('request-answered');
  } else if (kind === 'bulk' && key === 'leaver') early.push(...leaver(run, d, r, after.lead?.holder, window));
  else if (kind === 'action' && key !== 'repack') early.push(...verb(run, d, key, r, leadLook, after, verdict));
  else if (kind !== 'action') throw new Lost(`cause ${kind} ${key}`);
  if (kind === 'action') for (const name of Object.keys(changes)) early.push(`a verb of the platform changes ${name}`);
  return [...early, ...r.problems, ...compare(run, d, r, before, kind === 'action' ? 'verb' : kind, undefined)];
}

function snapshot(run: Run): ReadonlyMap<number, TaskState> {
  return new Map(run.tasks.map((t) => [t.no, structuredClone(t)]));
}

const first = (d: Decision): string => d.told[0]?.data.at ?? '';

function start(run: Run, r: Replay, x: Look): void {
  const rows = run.pack.process.start.filter((row) => holds(row.when, x) === true);
  const [row] = rows;
  if (row === undefined) r.go({ go: run.pack.process.system.unroutable });
  else r.effects([{ go: row.go, ...(row.holder === undefined ? {} : { holder: row.holder }) }]);
}

function leaver(run: Run, d: Decision, r: Replay, lead: Holder | undefined, window: Window): string[] {
  const assigned = d.told.find((t) => t.name === 'dispatch.task-assigned');
  const no = assigned === undefined ? run.lead()?.no : Number(assigned.data['task']);
  const task = run.openTasks().find((t) => t.no === no);
  const to = assigned === undefined ? lead : (assigned.data['holder'] as Holder);
  if (task === undefined || to === undefined) return ['it requeues a task that is not open'];
  const { person, unit } = task.holder;
  if (person === undefined) return ['it requeues a task that nobody held'];
  if (to.person !== undefined) return [`it gives the task of a leaver to ${to.person}`];
  const stays = run.people.certain(person, window).some((m) => m.unit === undefined || m.unit === unit);
  r.reassign(task, to);
  if (task.lead) r.transferred = true;
  return stays ? [`${person} has not left ${unit}`] : [];
}

function verb(run: Run, d: Decision, key: string, r: Replay, x: Look, after: Told['data']['case'], verdict: Verdict): string[] {
  const active = run.people.possible(d.by, x.window).length > 0;
  if (key === 'take') {
    const assigned = d.told.find((t) => t.name === 'dispatch.task-assigned');
    const task = assigned === undefined ? run.lead() : run.openTasks().find((t) => t.no === Number(assigned.data['task']));
    if (task === undefined || task.holder.person !== undefined) return ['it takes a task that lies in no pool'];
    verdict.taskVersions.set(d.version, task.version);
    const may = admits('holder', run, { ...x, task }, task);
    const idle = isIdleWith(run, task, d.by);
    r.reassign(task, { ...task.holder, person: d.by });
    return [...(may ? [] : [`${d.by} is no member of the pool`]), ...(idle ? [`${d.by} takes a task on which he may do nothing`] : [])];
  }
  if (key === 'route') {
    const lead = run.lead();
    const { unit } = after.lead?.holder ?? {};
    if (lead === undefined || (lead.wanted === undefined && lead.holder.unit !== undefined)) return ['it routes a case that has a unit'];
    r.go({ go: lead.wanted ?? lead.step, holder: unit === undefined ? {} : { unit } });
    return [];
  }
  return active ? [] : [`${d.by} is not active`];
}

function act(
  run: Run,
  d: Decision,
  key: string,
  action: ActionSpec,
  changes: Record<string, unknown>,
  look: (task: TaskState | undefined, input: Record<string, unknown>) => Look,
  replayOf: (x: Look, acting: number | undefined) => Replay,
  before: ReadonlyMap<number, TaskState>,
  verdict: Verdict,
): string[] {
  const { steps } = run.pack.process;
  const on = listOf(action.on);
  const side = on.some((s) => steps[s]?.side === true);
  const ended = d.told.find((t) => t.name === 'dispatch.task-ended' && t.data['outcome'] !== 'void');
  const advanced = d.told.find((t) => t.name === 'dispatch.ticket-advanced');
  const task =
    on[0] === 'case'
      ? undefined
      : side
        ? run.openTasks().find((t) => t.no === Number(ended?.data['task'] ?? advanced?.data['task']))
        : run.lead();
  const problems: string[] = [];
  if (on[0] === 'case') {
    const phase = action.phase ?? 'open';
    if (phase !== 'any' && phase !== run.phase) problems.push(`the case is ${run.phase}`);
  } else if (task === undefined) return ['the task that it acts on is not open'];
  else if (on[0] !== 'any-lead' && !on.includes(task.step)) problems.push(`it is no action of step ${task.step}`);
  const form = action.form === undefined ? undefined : run.pack.forms?.[action.form];
  const prefix = side ? `tasks.${task?.step}.fields.` : '';
  const input: Record<string, unknown> = {};
  for (const [field, spec] of Object.entries(form?.fields ?? {})) {
    const value = changes[`${prefix}${field}`];
    if (value !== undefined && value !== null) input[field] = value;
    else if (spec.required === true) problems.push(`the input lacks ${field}`);
    // Whose name stands in a field of the case must be there for the case.
    if (spec.type === 'unit' && typeof value === 'string' && !run.people.isOpen(value, look(task, input).window))
      problems.push(`${field} is the closed or unknown unit ${value}`);
  }
  const x = look(task, input);
  if (action.except?.unitsOf !== undefined) throw new Lost('an action that excepts units');
  if (!admits(action.by, run, x, task, leftOutBy(action.except, run))) problems.push(`${d.by} is not admitted`);
  if (holds(action.when, x) === false) problems.push(`its condition does not hold: ${JSON.stringify(action.when)}`);
  if (task !== undefined) verdict.taskVersions.set(d.version, task.version);
  const unit = task?.holder.unit;
  const { limit } = action;
  const counter = run.done[key];
  const times = timesOf(limit, counter, task, unit, first(d));
  const spent = limit !== undefined && times >= limit.times;
  if (spent && limit?.else === undefined) problems.push(`its limit of ${limit?.times} is spent`);
  count(run, key, d, unit, task);
  const r = replayOf(x, side ? task?.no : undefined);
  if (side && task !== undefined && Object.keys(input).length > 0) {
    Object.assign(task.fields, input);
    r.touched.add(task.no);
    for (const name of Object.keys(input)) r.changed.add(`${prefix}${name}`);
  }
  if (!side)
    for (const [name, value] of Object.entries(input)) {
      const about = run.groups.find((g) => g.state === 'open' && g.spec.about?.includes(name) === true);
      if (about !== undefined && JSON.stringify(run.fields[name]) !== JSON.stringify(value))
        problems.push(`it changes ${name}, which group ${about.key} is about`);
      run.fields[name] = value;
      r.changed.add(name);
    }
  const effects: readonly EffectSpec[] = spent ? (limit?.else ?? []) : action.do;
  r.effects(effects);
  for (const name of Object.keys(changes))
    if (!r.changed.has(name)) problems.push(`it changes ${name}, which neither form nor effect names`);
  return [...problems, ...r.problems, ...compare(run, d, r, before, 'action', action.says)];
}
