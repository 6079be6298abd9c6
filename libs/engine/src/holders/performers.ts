import { listOf, type Except, type Performer } from '@gongdan/packs/format2';
import { type Context, factOf } from '../facts/context.js';
import { type Acting } from '../model/env.js';
import { countedOf, leadOf, type Task } from '../model/case.js';

// Who may act (law 2). A deputy acts as himself: his principals are looked up at the moment of acting.

/** Whether the person is the actor, or somebody he stands in for in work of this unit. */
function is(person: string, actor: Acting, unit: string | undefined): boolean {
  return actor.id === person || actor.principals.some((p) => p.person === person && (p.unit === undefined || p.unit === unit));
}

/** Whether one of the performers admits the actor for this task, or for the case as a whole when `task` is undefined. */
export function admits(by: Performer | readonly Performer[], x: Context, actor: Acting, task: Task | undefined): boolean {
  if (!isList(by)) return admitsOne(by, x, actor, task);
  for (const p of by) if (admitsOne(p, x, actor, task)) return true;
  return false;
}

const isList = (by: Performer | readonly Performer[]): by is readonly Performer[] => Array.isArray(by);

function admitsOne(p: Performer, x: Context, actor: Acting, task: Task | undefined): boolean {
  const held = task ?? leadOf(x.case);
  const holder = held?.holder ?? {};
  if (p === 'machine') return actor.kind === 'machine' || actor.kind === 'system';
  if (p === 'customer') return actor.kind === 'customer';
  if (actor.kind === 'customer') return false;
  if (p === 'unit') return holder.unit !== undefined && isMember(x, actor, holder.unit, undefined);
  if (p === 'assignee' || p === 'holder') {
    const acting = held?.except === undefined ? actor : without(held.except, actor);
    if (acting === undefined) return false;
    if (holder.person !== undefined) return is(holder.person, acting, holder.unit);
    return p === 'holder' && holder.unit !== undefined && isMember(x, acting, holder.unit, holder.role);
  }
  const unit = holder.unit ?? x.case.hops.at(-1)?.unit ?? x.case.ticket.unit;
  if ('doer' in p) {
    const by = doerOf(x, p.doer);
    return by !== undefined && is(by, actor, unit);
  }
  if ('unitIn' in p) {
    const units = listOf(factOf(x, p.unitIn) as string | string[] | undefined);
    return units.some((u) => isMember(x, actor, u, p.role));
  }
  const scope = p.scope ?? 'any';
  for (const m of membershipsFor(x, actor)) {
    if (!m.roles.includes(p.role)) continue;
    if (scope === 'any' || m.unit === undefined) return true;
    if (unit === undefined) continue;
    if (scope === 'unit' ? m.unit === unit : x.view.directory.isWithin(unit, m.unit) && (scope === 'subtree' || m.unit !== unit))
      return true;
  }
  return false;
}

/**
 * Whether the performers could admit the actor on some task. While the case stands in another step, whoever could never act is told so, and everybody else
 * that it is not the time.
 */
export function mightAdmit(by: Performer | readonly Performer[], actor: Acting): boolean {
  return listOf<Performer>(by).some((p) => {
    if (p === 'machine') return actor.kind === 'machine' || actor.kind === 'system';
    if (p === 'customer') return actor.kind === 'customer';
    if (actor.kind === 'customer') return false;
    if (typeof p === 'object' && 'role' in p && p.role !== undefined && !('unitIn' in p)) {
      const { role } = p;
      return actor.principals.length > 0 || actor.memberships.some((m) => m.roles.includes(role));
    }
    return actor.principals.length > 0 || actor.memberships.some((m) => m.roles.some((r) => !ONLOOKERS.has(r)));
  });
}

/** Roles that see a unit's work without being hands of it. */
const ONLOOKERS = new Set(['analyst', 'operator', 'admin', 'machine', 'pack-author']);

/**
 * Whether the actor, or somebody he stands in for, is a member of the unit (with the role). A role of the whole organisation is one of every unit; the
 * hands of a unit are its own members only.
 */
export function isMember(x: Context, actor: Acting, unit: string, role: string | undefined): boolean {
  for (const m of membershipsFor(x, actor)) {
    if (role === undefined ? m.unit === unit && m.roles.some(isHands) : (m.unit ?? unit) === unit && m.roles.includes(role)) return true;
  }
  return false;
}

const isHands = (role: string): boolean => !ONLOOKERS.has(role);

function membershipsFor(x: Context, actor: Acting): Acting['memberships'] {
  if (actor.principals.length === 0) return actor.memberships;
  const lent = actor.principals.flatMap(({ person, unit }) =>
    x.view.directory.membershipsOf(person, x.now).filter((m) => unit === undefined || m.unit === unit),
  );
  return [...actor.memberships, ...lent];
}

/** The last one who did the action; `registration` is who registered the ticket. */
export function doerOf(x: Context, action: string): string | undefined {
  if (action === 'registration') return x.case.ticket.registeredBy;
  return countedOf(x.case, action)?.by;
}

export interface Excluded {
  people: ReadonlySet<string>;
  units: ReadonlySet<string>;
}

const NOBODY: Excluded = { people: new Set<string>(), units: new Set<string>() };

/** Everybody and every unit that `except` leaves out. */
export function excluded(except: Except | undefined, x: Context): Excluded {
  if (except === undefined) return NOBODY;
  const people = new Set<string>();
  const units = new Set<string>();
  for (const action of listOf(except.doer)) {
    if (action === 'registration' && x.case.ticket.registeredBy !== undefined) people.add(x.case.ticket.registeredBy);
    const done = countedOf(x.case, action);
    for (const { by } of done?.recent ?? []) people.add(by);
    for (const by of done?.earlier ?? []) people.add(by);
  }
  const steps = except.held === 'any' ? Object.keys(x.case.held) : (except.held ?? []);
  for (const step of steps)
    if (Object.hasOwn(x.case.held, step)) for (const { person } of x.case.held[step] ?? []) if (person !== '') people.add(person);
  for (const action of listOf(except.unitsOf)) for (const unit of Object.keys(countedOf(x.case, action)?.byUnit ?? {})) units.add(unit);
  return { people, units };
}

/** The actor without those for whom he may not act because of `except`; undefined when it shuts out himself or his unit (four eyes). */
export function narrowed(except: Except | undefined, x: Context, actor: Acting): Acting | undefined {
  if (except === undefined) return actor;
  const out = excluded(except, x);
  if (out.people.has(actor.id) || actor.memberships.some((m) => m.unit !== undefined && out.units.has(m.unit))) return undefined;
  return { ...actor, principals: actor.principals.filter((p) => !out.people.has(p.person)) };
}

/** The same for the people whom a pool leaves out: neither they nor whoever stands in for them, in what he does for them. */
function without(people: readonly string[], actor: Acting): Acting | undefined {
  if (people.includes(actor.id)) return undefined;
  return { ...actor, principals: actor.principals.filter((p) => !people.includes(p.person)) };
}
