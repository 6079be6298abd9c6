import { factOf } from './facts.js';
import { isOfUse, leftOutBy, mayHold } from './four-eyes.js';
import { listOf, type PackDocument, type Performer, type Window } from './documents.js';
import { type Asked } from './asked.js';
import { missingIn } from './outside.js';
import { type Run, type TaskState } from './run.js';

/** A request that was refused, and the version that its case had surely reached when it was sent. */
export interface Refusal {
  asked: Asked;
  version: number;
}

/** Instants of two processes of one machine may differ that much, in ms. */
const SLACK_MS = 50;
/** Roles that give no right to act; those of packs and `handler` give it in their unit, `supervisor` in the subtree, `agent` everywhere. */
const LOOK_ON: ReadonlySet<string> = new Set(['analyst', 'operator', 'pack-author']);
const EVERYWHERE: ReadonlySet<string> = new Set(['agent', 'machine', 'admin']);
const JUDGED: ReadonlySet<string> = new Set([
  'platform/no-right',
  'dispatch/not-yours',
  'dispatch/no-case',
  'dispatch/does-not-map',
  'dispatch/stale-version',
]);

/** The refusals of a run by ticket. What anybody was answered before a request was sent tells which version the case had reached. */
export function refusalsOf(asked: readonly Asked[]): Map<string, Refusal[]> {
  const known = new Map<string, { at: number; version: number }[]>();
  for (const a of asked)
    if (a.answered !== undefined && a.version !== undefined)
      known.set(a.ticketId, [...(known.get(a.ticketId) ?? []), { at: a.answered, version: a.version }]);
  const refusals = new Map<string, Refusal[]>();
  for (const a of asked) {
    if (a.answered === undefined || a.code === undefined || !JUDGED.has(a.code)) continue;
    const versions = (known.get(a.ticketId) ?? []).filter((k) => k.at <= a.sent).map((k) => k.version);
    if (versions.length === 0) continue;
    refusals.set(a.ticketId, [...(refusals.get(a.ticketId) ?? []), { asked: a, version: Math.max(...versions) }]);
  }
  return refusals;
}

/** Judges the refusals during which the case surely stood at this version. Whoever surely had the right must not be refused. */
export function judgeRefusals(
  run: Run,
  refusals: readonly Refusal[],
  version: number,
  nextAt: number,
  packs: ReadonlyMap<string, PackDocument>,
): { problems: string[]; count: number } {
  const problems: string[] = [];
  let count = 0;
  for (const { asked: a, version: reached } of refusals) {
    if (reached !== version || a.answered === undefined || nextAt <= a.answered + SLACK_MS) continue;
    const window = { from: a.sent, to: a.answered };
    count += 1;
    const right =
      a.code === 'dispatch/does-not-map'
        ? maps(run, a, packs)
        : a.code === 'dispatch/stale-version'
          ? taskOf(run, a)?.version === a.seen
          : sees(run, a, window) && (a.code !== 'dispatch/not-yours' || mayAct(run, a, window));
    if (right)
      problems.push(`version ${version}: ${a.actor} had the right to ${a.action} and was refused with ${a.status} ${a.code ?? ''}`);
  }
  return { problems, count };
}

function maps(run: Run, a: Asked, packs: ReadonlyMap<string, PackDocument>): boolean {
  const next = packs.get(`${run.pack.pack.key} ${a.body}`);
  return next !== undefined && missingIn(run, next).length === 0;
}

/** Whether the person surely sees the case: what lies in his units, or what he holds. */
function sees(run: Run, a: Asked, w: Window): boolean {
  const member = run.people.certain(a.actor, w);
  const acting = member.flatMap((m) => m.roles.filter((r) => !LOOK_ON.has(r)).map((role) => ({ role, unit: m.unit })));
  if (acting.length === 0) return false;
  const open = run.openTasks();
  if (open.some((t) => t.holder.person === a.actor)) return true;
  const { faultUnit } = run.fields;
  const lead = run.lead();
  const units = [
    ...(lead === undefined ? [] : [lead.holder.unit ?? run.ticket.data.unit]),
    ...run.hops.map((h) => h.unit),
    ...open.map((t) => t.holder.unit),
    ...(typeof faultUnit === 'string' ? [faultUnit] : []),
  ].filter((u) => u !== undefined);
  return acting.some(
    ({ role, unit }) =>
      unit === undefined ||
      EVERYWHERE.has(role) ||
      units.some((u) => u === unit || (role === 'supervisor' && run.people.ancestorsOf(u).includes(unit))),
  );
}

/** The task whose version If-Match names; undefined where the service chooses it. */
function taskOf(run: Run, a: Asked): TaskState | undefined {
  if (a.task !== undefined) return run.openTasks().find((t) => t.no === a.task);
  const on = listOf(run.pack.process.actions[a.action]?.on);
  return on.some((s) => run.pack.process.steps[s]?.side === true) ? undefined : run.lead();
}

/** Whether the pack surely admits him, so that only the time or the input may be wrong. */
function mayAct(run: Run, a: Asked, w: Window): boolean {
  if (a.action === 'note' || a.action === 'watch') return true;
  if (a.action === 'take') {
    const task = a.task === undefined ? run.lead() : run.openTasks().find((t) => t.no === a.task);
    return (
      task !== undefined &&
      task.holder.person === undefined &&
      isOfUse(run, task, a.actor) &&
      admitted('holder', run, a, w, task, new Set())
    );
  }
  const spec = run.pack.process.actions[a.action];
  if (spec === undefined) return false;
  // The checker does not follow which units are left out.
  if (spec.except?.unitsOf !== undefined) return false;
  const out = leftOutBy(spec.except, run);
  if (out.has(a.actor)) return false;
  const on = listOf(spec.on);
  const may = (task: TaskState | undefined): boolean => listOf(spec.by).some((p) => admitted(p, run, a, w, task, out));
  if (on[0] === 'case') return may(undefined);
  if (on.some((s) => run.pack.process.steps[s]?.side === true))
    return run.openTasks().some((t) => on.includes(t.step) && (a.task === undefined || a.task === t.no) && may(t));
  const lead = run.lead();
  if (lead === undefined || (a.task !== undefined && a.task !== lead.no)) return false;
  return (on[0] === 'any-lead' || on.includes(lead.step)) && may(lead);
}

/** As `admits`, but only what was so at each instant of the window. */
function admitted(p: Performer, run: Run, a: Asked, w: Window, task: TaskState | undefined, except: ReadonlySet<string>): boolean {
  const held = task ?? run.lead();
  const holder = held?.holder ?? {};
  const mine = run.people.certain(a.actor, w);
  const principals = run.people.certainPrincipals(a.actor, w).filter(({ person }) => !except.has(person));
  const lent = principals.flatMap(({ person, unit }) =>
    run.people.certain(person, w).flatMap((m) => (unit === undefined || m.unit === unit ? [{ person, ...m }] : [])),
  );
  const all = [...mine.map((m) => ({ person: a.actor, ...m })), ...lent];
  const standsFor = (person: string, unit: string | undefined): boolean =>
    person === a.actor ? mine.length > 0 : principals.some((q) => q.person === person && (q.unit === undefined || q.unit === unit));
  const member = (of: typeof all, unit: string | undefined, role: string | undefined): boolean =>
    unit !== undefined &&
    of.some((m) =>
      role === undefined
        ? m.unit === unit && m.roles.some((r) => !LOOK_ON.has(r) && r !== 'admin' && r !== 'machine')
        : (m.unit ?? unit) === unit && m.roles.includes(role),
    );
  if (p === 'unit') return member(all, holder.unit, undefined);
  if (p === 'holder' || p === 'assignee') {
    const ids = mayHold(
      all.map((m) => m.person),
      a.actor,
      held,
    );
    if (holder.person !== undefined) return ids.includes(holder.person) && standsFor(holder.person, holder.unit);
    return p === 'holder' && member(all.filter((m) => ids.includes(m.person)), holder.unit, holder.role); // prettier-ignore
  }
  if (typeof p === 'string') return false;
  const unit = holder.unit ?? run.hops.at(-1)?.unit ?? run.ticket.data.unit;
  if (p.doer !== undefined) {
    const by = p.doer === 'registration' ? run.ticket.by : run.done[p.doer]?.by;
    return by !== undefined && standsFor(by, unit);
  }
  if (p.unitIn !== undefined) {
    const x = { run, task: held, actor: a.actor, input: {}, window: w, at: new Date(a.sent).toISOString() };
    const units = factOf(x, p.unitIn);
    return listOf(units as string | string[] | undefined).some((u) => typeof u === 'string' && member(all, u, p.role));
  }
  const { role, scope = 'any' } = p;
  if (role === undefined) return false;
  return all.some((m) => {
    if (!m.roles.includes(role)) return false;
    if (scope === 'any' || m.unit === undefined) return true;
    if (unit === undefined) return false;
    if (scope === 'unit') return m.unit === unit;
    return (scope === 'subtree' && m.unit === unit) || run.people.ancestorsOf(unit).includes(m.unit);
  });
}
