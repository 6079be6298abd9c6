import { type Holder, type HolderRule, type HolderTable, listOf, type Performer } from './documents.js';
import { factOf, UNKNOWN } from './facts.js';
import { leftOutBy, mayHold } from './four-eyes.js';
import { type Look, type Run, type TaskState } from './run.js';

/** Who may hold a task by a rule: several where the directory changed at that time, `nobody` where nobody may have been there. */
export interface Allowed {
  holders: Holder[];
  nobody: boolean;
  /** The rule is one that the checker does not judge. */
  any?: boolean;
  /** Whom the pool leaves out from now on. */
  out?: readonly string[];
}

const exactly = (holder: Holder): Allowed =>
  Object.keys(holder).length === 0 ? { holders: [], nobody: true } : { holders: [holder], nobody: false };

export function withoutWaiting({ unit, role, person }: Holder): Holder {
  return { ...(unit === undefined ? {} : { unit }), ...(role === undefined ? {} : { role }), ...(person === undefined ? {} : { person }) };
}

/** `same`: the rule gives on the task that it comes from, whose pool leaves out whom it left out before. */
export function allowed(rule: HolderRule | undefined, x: Look, from: TaskState | undefined, same = false): Allowed {
  const out = from?.out ?? [];
  const kept = { ...exactly(withoutWaiting(from?.holder ?? {})), out };
  if (rule === undefined) return kept;
  if (rule === 'self') {
    const others = out.filter((p) => p !== x.actor);
    const unit = from?.holder.unit;
    if (unit !== undefined) return { ...exactly({ unit, person: x.actor }), out: others };
    const units = x.run.people.possible(x.actor, x.window).flatMap((m) => m.unit ?? []);
    return { holders: units.map((u) => ({ unit: u, person: x.actor })), nobody: false, out: others };
  }
  const { waitsFor, ...who } = rule;
  const found = Object.keys(who).length === 0 ? kept : whoOf(who, x, from, same ? out : []);
  if (waitsFor === undefined) return found;
  const waits = typeof waitsFor === 'object' && 'fact' in waitsFor ? factOf(x, waitsFor.fact) : waitsFor;
  return { ...found, holders: found.holders.map((h) => ({ ...h, ...(waits === undefined ? {} : { waitsFor: waits as string }) })) };
}

function whoOf(rule: HolderTable, x: Look, from: TaskState | undefined, kept: readonly string[]): Allowed {
  const { run } = x;
  if (rule.doer !== undefined) {
    const counter = run.done[rule.doer];
    const [person, unit] = rule.doer === 'registration' ? [run.ticket.by, run.ticket.data.unit] : [counter?.by, counter?.unit];
    return personOf(person?.startsWith('system:') === true ? undefined : person, unit, x);
  }
  if (rule.previous !== undefined) {
    const last = run.held[rule.previous]?.at(-1);
    return last === undefined ? { holders: [], nobody: true } : personOf(last.person, last.unit, x);
  }
  if (rule.person !== undefined) {
    const person = factOf(x, rule.person.fact);
    return typeof person === 'string' ? personOf(person, from?.holder.unit, x) : { holders: [], nobody: true };
  }
  const unit = rule.unit === undefined ? baseUnit(rule, x, from) : unitOf(rule.unit, x);
  if (unit === UNKNOWN) return { holders: [], nobody: true, any: true };
  if (typeof unit !== 'string' || !run.people.hasUnit(unit)) return { holders: [], nobody: true };
  const out = new Set([...kept, ...leftOutBy(rule.except, run)]);
  return { ...ofUnit(unit, rule, x, out), out: [...out] };
}

function ofUnit(unit: string, rule: HolderTable, x: Look, out: ReadonlySet<string>): Allowed {
  const { people } = x.run;
  // A closed unit gives its work to its successor, which the checker does not follow.
  if (!people.isCertainlyOpen(unit, x.window)) return { holders: [], nobody: true, any: true };
  if (rule.role === undefined)
    return picked(
      { unit },
      people.membersOf(unit, undefined, x.window).filter((p) => !out.has(p)),
      rule,
    );
  const holders: Holder[] = [];
  for (const above of [unit, ...people.ancestorsOf(unit)]) {
    const may = people.membersOf(above, rule.role, x.window).filter((p) => !out.has(p));
    if (may.length > 0) holders.push(...picked({ unit: above, role: rule.role }, may, rule).holders);
    if (people.membersOf(above, rule.role, x.window, true).some((p) => !out.has(p))) return { holders, nobody: false };
  }
  return { holders, nobody: true };
}

function picked(pool: Holder, people: readonly string[], rule: HolderTable): Allowed {
  const one = rule.pick === undefined || rule.pick === 'pool' ? [] : people.map((person) => ({ ...pool, person }));
  return { holders: [pool, ...one], nobody: false };
}

/** The person, for the unit if he is its member, else for the first of his units; the pool of the unit when he has left. */
function personOf(person: string | undefined, unit: string | undefined, x: Look): Allowed {
  const pool: Holder = unit === undefined ? {} : { unit };
  if (person === undefined) return exactly(pool);
  const { people } = x.run;
  const units = people.possible(person, x.window).flatMap((m) => m.unit ?? []);
  const holders = [...new Set(units)].map((u): Holder => ({ unit: u, person }));
  const home = holders.filter((h) => h.unit === unit);
  // Somebody without a membership stays the holder for the unit that is named.
  const bare: Holder[] = [{ ...pool, person }];
  const certainly = people.certain(person, x.window).some((m) => m.unit === unit);
  if (certainly) return { holders: home, nobody: false };
  const left = people.certainlyActive(person, x.window) ? [] : Object.keys(pool).length === 0 ? [] : [pool];
  return { holders: [...holders, ...bare, ...left], nobody: unit === undefined };
}

function baseUnit(rule: HolderTable, x: Look, from: TaskState | undefined): unknown {
  const { run } = x;
  const own = from?.holder.unit ?? run.hops.at(-1)?.unit ?? run.ticket.data.unit;
  const { of } = rule;
  if (typeof of === 'object') return factOf(x, of.fact);
  if (of === undefined || of === 'unit') return own;
  if (of === 'registering-unit') return run.ticket.data.unit;
  if (of === 'parent') return own === undefined ? undefined : run.people.parentOf(own);
  return of.startsWith('level:') ? UNKNOWN : of;
}

export function unitOf(rule: NonNullable<HolderTable['unit']>, x: Look): unknown {
  if (typeof rule === 'string') return rule;
  if ('code' in rule) {
    const code = factOf(x, rule.code.fact);
    return typeof code === 'string' ? x.run.people.unitByCode(code, rule.level) : undefined;
  }
  return 'fact' in rule ? factOf(x, rule.fact) : UNKNOWN;
}

/** Whether the performers of an action admit somebody, as far as the directory tells (law 2). Undefined: the checker cannot tell. */
export function admits(
  by: Performer | readonly Performer[],
  run: Run,
  x: Look,
  task: TaskState | undefined,
  except: ReadonlySet<string> = new Set(),
): boolean {
  return !except.has(x.actor) && listOf(by).some((p) => admitsOne(p, run, x, task, except));
}

function admitsOne(p: Performer, run: Run, x: Look, task: TaskState | undefined, except: ReadonlySet<string>): boolean {
  const { people } = run;
  const held = task ?? run.lead();
  const holder = held?.holder ?? {};
  const all = people.identities(x.actor, x.window).filter((id) => !except.has(id));
  const ids = p === 'holder' || p === 'assignee' ? mayHold(all, x.actor, held) : all;
  const member = (unit: string | undefined, role: string | undefined): boolean =>
    unit !== undefined && ids.some((id) => people.isMember(id, unit, role, x.window));
  if (p === 'unit') return member(holder.unit, undefined);
  // A holder who has left the organisation does not act any more; one who has left the unit keeps the task until it is requeued.
  if (p === 'assignee' || p === 'holder') {
    if (holder.person !== undefined) return ids.includes(holder.person) && people.possible(x.actor, x.window).length > 0;
    return p === 'holder' && member(holder.unit, holder.role);
  }
  if (typeof p === 'string') return false;
  if (p.doer !== undefined) return ids.includes(p.doer === 'registration' ? run.ticket.by : (run.done[p.doer]?.by ?? ''));
  if (p.unitIn !== undefined) return listOf(factOf(x, p.unitIn) as string).some((unit) => member(unit, p.role));
  const scope = p.scope ?? 'any';
  const unit = holder.unit ?? run.hops.at(-1)?.unit ?? run.ticket.data.unit;
  return ids.some((id) =>
    people.possible(id, x.window).some((m) => {
      if (!m.roles.includes(p.role ?? '')) return false;
      if (scope === 'any' || m.unit === undefined) return true;
      if (unit === undefined) return false;
      if (scope === 'unit') return m.unit === unit;
      return (scope === 'subtree' && m.unit === unit) || people.ancestorsOf(unit).includes(m.unit);
    }),
  );
}
