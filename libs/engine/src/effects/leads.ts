import { Conflict } from '@gongdan/kernel';
import { type GoEffect, type HolderRule } from '@gongdan/packs/format2';
import { type Resolved } from '../holders/choice.js';
import { resolve } from '../holders/holders.js';
import { voidGroupsOf } from './groups.js';
import { type Case, type Counted, type Hop, type Holder, type Task } from '../model/case.js';
import { holderOf } from '../model/shapes.js';
import { type Work } from '../model/work.js';

/** Why the lead moves, for its decision record. */
export type MoveWhy = 'routed' | 'returned' | 'reopened' | 'transferred';

/** Moves the lead to another step, closes the case on a final one and reopens it from one (engine.md 5, `go`). */
export function go(w: Work, effect: Pick<GoEffect, 'go' | 'holder' | 'hop' | 'from'>, why: MoveWhy = 'routed'): void {
  const old = w.lead();
  if (effect.from !== undefined && !effect.from.includes(old?.step ?? w.c.step)) return;
  const { step: key, holder: rule, keep } = targetOf(w, effect, old);
  const step = w.pack.steps[key];
  if (step === undefined) throw new TypeError(`pack ${w.c.pack.key} v${w.c.pack.version} has no step ${key}`);
  if (step.final === true) {
    close(w, key);
    return;
  }
  const reopens = w.c.phase === 'closed';
  if (reopens) reopen(w);
  const popped = effect.hop === 'up' ? popHop(w) : undefined;
  const base = popped === undefined || rule !== undefined ? undefined : ({ unit: popped.unit } satisfies Holder);
  const resolved: Resolved =
    keep !== undefined
      ? { ...keep, choice: { rule: 'back', candidates: [], facts: {} } }
      : base !== undefined
        ? { holder: base, choice: { rule: 'hop-up', candidates: [], facts: {} } }
        : resolveLead(w, rule ?? step.holder, old);
  endLead(w, old);
  place(w, key, resolved, old, effect.hop, reopens ? 'reopened' : why);
}

function targetOf(
  w: Work,
  effect: Pick<GoEffect, 'go' | 'holder'>,
  old: Task | undefined,
): { step: string; holder: HolderRule | undefined; keep?: Pick<Task, 'holder' | 'except'> } {
  if (effect.go !== 'back') return { step: effect.go, holder: effect.holder };
  const previous = w.c.tasks.find((t) => t.no === old?.after);
  if (previous === undefined) throw new Conflict('dispatch/nothing-before', {}, 'no step came before this one');
  const { except } = previous;
  const holder = asItStands(w, previous.holder);
  return effect.holder === undefined
    ? { step: previous.step, holder: undefined, keep: except === undefined ? { holder } : { holder, except } }
    : { step: previous.step, holder: effect.holder };
}

/** The holder of before: the pool of one who has left since, and nobody's wait for a group that is over. */
function asItStands(w: Work, { unit, role, person, waitsFor }: Holder): Holder {
  const { directory } = w.view;
  const left = person !== undefined && directory.person(person) !== undefined && !directory.isActive(person, w.at);
  const over = typeof waitsFor === 'object' && !w.c.groups.some((g) => g.key === waitsFor.group && g.state === 'open');
  return holderOf(unit, role, left ? undefined : person, over ? undefined : waitsFor);
}

function resolveLead(w: Work, rule: HolderRule | undefined, old: Task | undefined): Resolved {
  const found = resolve(rule, { x: w.context(old), actor: w.actor, from: old, before: w.before });
  if (found.holder !== undefined || rule !== undefined) return found;
  // Nothing to keep: the unit that registered the ticket has it.
  const { unit } = w.c.ticket;
  return unit === undefined ? found : { holder: { unit }, choice: { ...found.choice, rule: 'registering-unit' } };
}

/** Opens the new lead with its holder, or an unroutable one that remembers the step it should have been. */
function place(w: Work, key: string, resolved: Resolved, old: Task | undefined, hop: GoEffect['hop'], why: MoveWhy): void {
  const { holder } = resolved;
  // What an earlier move of the same decision left without a holder stands somewhere else now.
  w.unroutable = undefined;
  const step = holder === undefined ? w.pack.pack.process.system.unroutable : key;
  const own =
    holder === undefined
      ? (resolve(w.pack.steps[step]?.holder ?? {}, { x: w.context(undefined), actor: w.actor, from: undefined, before: w.before }).holder ??
        {})
      : holder;
  const task = w.addTask({
    step,
    lead: true,
    holder: own,
    except: holder === undefined ? undefined : resolved.except,
    group: undefined,
    after: old?.no,
    wanted: holder === undefined ? key : undefined,
  });
  const state = w.pack.steps[step]?.state ?? 'in_progress';
  w.c.step = step;
  w.c.state = state;
  w.c.phase = 'open';
  const fromUnit = old?.holder.unit;
  const arrives = state === 'dispatched' || holder === undefined || (own.unit !== undefined && own.unit !== w.c.hops.at(-1)?.unit);
  // A transfer in the same decision has entered the unit already, and has its record.
  const transferred = w.transfer !== undefined && own.unit === w.c.hops.at(-1)?.unit;
  if (arrives && !transferred) pushHop(w, own.unit, step, hop);
  if (resolved.claim !== undefined) w.claims.push(resolved.claim);
  if (transferred && holder !== undefined) return;
  if (!arrives && resolved.choice.table === undefined && !picked(resolved)) return;
  const record = w.record(resolved.choice, why, task, holder);
  if (holder === undefined) w.unroutable = record;
  else if (state === 'dispatched') w.arrival = { record, fromUnit, fromPerson: undefined };
}

/** Whether a pick chose among people, also when it found nobody free (C6). */
function picked({ claim, choice }: Resolved): boolean {
  return claim !== undefined || choice.candidates.some((c) => c.person !== undefined && c.excluded !== undefined);
}

/** Ends the lead; what was opened under it and does not outlive it ends with it (law 11). */
function endLead(w: Work, old: Task | undefined): void {
  if (old === undefined) return;
  const ended = w.changeTask(old.no);
  if (ended !== undefined) {
    ended.sleepsUntil = undefined;
    ended.endedAt = w.at;
  }
  voidGroupsOf(w, old.no);
}

function close(w: Work, key: string): void {
  // A complainant who withdrew is not kept waiting by tasks about what he no longer wants, and what the older system closed is closed.
  const over = w.cause.kind === 'system' && (w.cause.key === 'withdrawn' || w.cause.key === 'imported-closed');
  const blocking = over ? [] : w.c.groups.filter((g) => g.state === 'open' && blocks(w, g.key));
  if (blocking.length > 0)
    throw new Conflict('dispatch/blocked', { details: { groups: blocking.map((g) => g.key), step: key } }, 'open tasks block closing');
  endLead(w, w.lead());
  const state = w.pack.steps[key]?.state ?? 'closed';
  w.c.step = key;
  w.c.state = state;
  w.c.phase = 'closed';
  w.c.closedAt = w.at;
}

function blocks(w: Work, group: string): boolean {
  return w.pack.groups.get(group)?.blocksClosing === true;
}

function reopen(w: Work): void {
  w.c.closedAt = undefined;
  // The action that reopens counts in the run that it begins.
  w.c.done = w.c.done.map((d) => countedAnew(d, d.key === w.cause.key));
  w.c.marks = { ...w.c.marks, resolved: undefined };
  w.c.run += 1;
  // The event of this decision tells the run that it begins, also for what was asked before the case moved.
  w.c.requests = w.c.requests.map((r) => (w.before.requests.includes(r) ? r : { ...r, run: w.c.run }));
  w.reopened = true;
}

// What was done once more to begin the run is done once in it.
function countedAnew(d: Counted, began: boolean): Counted {
  const byUnit: Counted['byUnit'] = began && d.unit !== undefined ? { [d.unit]: 1 } : {};
  return { ...d, times: began ? 1 : 0, byUnit, byTask: {} };
}

function popHop(w: Work): Hop | undefined {
  const hops = w.c.hops.slice(0, -1);
  const below = hops.at(-1);
  if (below === undefined) throw new Conflict('dispatch/no-hop-below', {}, 'no unit handed the case down');
  w.c.hops = hops;
  return below;
}

/** Another unit replaces the top of the chain, except that a hop down keeps the unit above open. */
export function pushHop(w: Work, unit: string | undefined, step: string, hop: GoEffect['hop']): void {
  if (hop === 'up') return;
  const below = hop === 'down' ? w.c.hops : w.c.hops.slice(0, -1);
  const no = w.c.lastHop + 1;
  w.c.hops = unit === undefined ? below : [...below, { no, unit, step, since: w.at }];
  w.c.lastHop = no;
}

export function isCancelled(state: Case['state']): boolean {
  return state === 'cancelled' || state === 'rejected';
}
