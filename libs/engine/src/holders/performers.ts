import { listOf, type Except, type Performer } from '@gongdan/packs/format2';
import { type Context, factOf } from '../facts/context.js';
import { type Acting } from '../model/env.js';
import { leadOf, type Task } from '../model/case.js';

// Who may act (law 2). A deputy acts as himself: his principals are looked up at the moment of acting.

/** The person and everybody he stands in for, for work of this unit. */
export function identities(actor: Acting, unit: string | undefined): string[] {
  return [actor.id, ...actor.principals.filter((p) => p.unit === undefined || p.unit === unit).map((p) => p.person)];
}

/** Whether one of the performers admits the actor for this task, or for the case as a whole when `task` is undefined. */
export function admits(by: Performer | readonly Performer[], x: Context, actor: Acting, task: Task | undefined): boolean {
  return listOf<Performer>(by).some((p) => admitsOne(p, x, actor, task));
}

function admitsOne(p: Performer, x: Context, actor: Acting, task: Task | undefined): boolean {
  const holder = (task ?? leadOf(x.case))?.holder ?? {};
  const unit = holder.unit ?? x.case.hops.at(-1)?.unit ?? x.case.ticket.unit;
  if (p === 'machine') return actor.kind === 'machine' || actor.kind === 'system';
  if (p === 'customer') return actor.kind === 'customer';
  if (actor.kind === 'customer') return false;
  if (p === 'unit') return holder.unit !== undefined && isMember(x, actor, holder.unit, undefined);
  if (p === 'assignee') return holder.person !== undefined && identities(actor, holder.unit).includes(holder.person);
  if (p === 'holder') {
    if (holder.person !== undefined) return identities(actor, holder.unit).includes(holder.person);
    return holder.unit !== undefined && isMember(x, actor, holder.unit, holder.role);
  }
  if ('doer' in p) {
    const by = doerOf(x, p.doer);
    return by !== undefined && identities(actor, unit).includes(by);
  }
  if ('unitIn' in p) {
    const units = listOf(factOf(x, p.unitIn) as string | string[] | undefined);
    return units.some((u) => isMember(x, actor, u, p.role));
  }
  const scope = p.scope ?? 'any';
  return membershipsFor(x, actor).some((m) => {
    if (!m.roles.includes(p.role)) return false;
    if (scope === 'any' || m.unit === undefined) return true;
    if (unit === undefined) return false;
    if (scope === 'unit') return m.unit === unit;
    return x.view.directory.isWithin(unit, m.unit) && (scope === 'subtree' || m.unit !== unit);
  });
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

/** Whether the actor, or somebody he stands in for, is a member of the unit (with the role). */
export function isMember(x: Context, actor: Acting, unit: string, role: string | undefined): boolean {
  return membershipsFor(x, actor).some(
    (m) => m.unit === unit && (role === undefined ? m.roles.some((r) => !ONLOOKERS.has(r)) : m.roles.includes(role)),
  );
}

function membershipsFor(x: Context, actor: Acting): { unit?: string; roles: readonly string[] }[] {
  if (actor.principals.length === 0) return [...actor.memberships];
  const lent = actor.principals.flatMap(({ person, unit }) =>
    x.view.directory.membershipsOf(person, x.now).filter((m) => unit === undefined || m.unit === unit),
  );
  return [...actor.memberships, ...lent];
}

/** The last one who did the action; `registration` is who registered the ticket. */
export function doerOf(x: Context, action: string): string | undefined {
  if (action === 'registration') return x.case.ticket.registeredBy;
  return Object.hasOwn(x.case.done, action) ? x.case.done[action]?.by : undefined;
}

/** Everybody and every unit that `except` leaves out. */
export function excluded(except: Except | undefined, x: Context): { people: ReadonlySet<string>; units: ReadonlySet<string> } {
  const people = new Set<string>();
  const units = new Set<string>();
  for (const action of listOf(except?.doer)) {
    if (action === 'registration' && x.case.ticket.registeredBy !== undefined) people.add(x.case.ticket.registeredBy);
    if (Object.hasOwn(x.case.done, action)) for (const { by } of x.case.done[action]?.recent ?? []) people.add(by);
  }
  const steps = except?.held === 'any' ? Object.keys(x.case.held) : (except?.held ?? []);
  for (const step of steps) for (const { person } of x.case.held[step] ?? []) people.add(person);
  for (const action of listOf(except?.unitsOf))
    if (Object.hasOwn(x.case.done, action)) for (const unit of Object.keys(x.case.done[action]?.byUnit ?? {})) units.add(unit);
  return { people, units };
}

/** The actor without those for whom he may not act because of `except`; undefined when it shuts out himself or his unit (four eyes). */
export function narrowed(except: Except | undefined, x: Context, actor: Acting): Acting | undefined {
  if (except === undefined) return actor;
  const out = excluded(except, x);
  if (out.people.has(actor.id) || actor.memberships.some((m) => m.unit !== undefined && out.units.has(m.unit))) return undefined;
  return { ...actor, principals: actor.principals.filter((p) => !out.people.has(p.person)) };
}
