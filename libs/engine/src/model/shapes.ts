import { type Case, type Classification, type Group, type Holder, type Task } from './case.js';

// Copies of what a decision changes, written out member by member. Objects that are made here have the same members in the same order, absent ones as undefined, which JSON
// leaves out. A spread, `{...task, after}` or `{...(unit === undefined ? {} : { unit })}`, gives objects in the end a hidden class each, and every later read of one of their
// members is searched for: that took half of the time of a decision (docs/adr/0051).

/** A copy whose own members may be replaced. What they hold is shared with the original and never changed. */
export type Draft<T> = { -readonly [K in keyof T]: T[K] };

/** Every member of T, absent ones as undefined: a copy that forgets one does not compile. */
type Whole<T> = { [K in keyof Required<T>]: T[K] };

export function copyOfCase(c: Case): Draft<Case> {
  return {
    org: c.org,
    ticketId: c.ticketId,
    number: c.number,
    title: c.title,
    pack: c.pack,
    phase: c.phase,
    step: c.step,
    state: c.state,
    run: c.run,
    class: c.class,
    ticket: c.ticket,
    fields: c.fields,
    done: c.done,
    held: c.held,
    tasks: c.tasks,
    lastTask: c.lastTask,
    groups: c.groups,
    lastGroup: c.lastGroup,
    hops: c.hops,
    lastHop: c.lastHop,
    requests: c.requests,
    watchers: c.watchers,
    marks: c.marks,
    heard: c.heard,
    version: c.version,
    registeredAt: c.registeredAt,
    openedAt: c.openedAt,
    closedAt: c.closedAt,
    since: c.since,
  } satisfies Whole<Case>;
}

export function copyOfTask(t: Task): Draft<Task> {
  return {
    no: t.no,
    step: t.step,
    time: t.time,
    lead: t.lead,
    after: t.after,
    group: t.group,
    holder: t.holder,
    except: t.except,
    openedAt: t.openedAt,
    sleepsUntil: t.sleepsUntil,
    sleeps: t.sleeps,
    fields: t.fields,
    endedAt: t.endedAt,
    outcome: t.outcome,
    version: t.version,
    wanted: t.wanted,
  } satisfies Whole<Task>;
}

export function copyOfGroup(g: Group): Draft<Group> {
  return { key: g.key, no: g.no, lead: g.lead, state: g.state, pending: g.pending, ended: g.ended, about: g.about } satisfies Whole<Group>;
}

export function holderOf(
  unit: string | undefined,
  role: string | undefined,
  person: string | undefined,
  waitsFor?: Holder['waitsFor'],
): Holder {
  return { unit, role, person, waitsFor };
}

export function copyOfClass(c: Classification, to: Partial<Classification>): Classification {
  return {
    type: to.type ?? c.type,
    category: to.category ?? c.category,
    item: to.item ?? c.item,
    priority: to.priority ?? c.priority,
    urgency: to.urgency ?? c.urgency,
    impact: to.impact ?? c.impact,
  } satisfies Whole<Classification>;
}

export function copyOfMarks(m: Case['marks']): Draft<Case['marks']> {
  return { dispatched: m.dispatched, accepted: m.accepted, replied: m.replied, resolved: m.resolved };
}

/** Sets an entry of a map that belongs to the caller, also under the one name that an assignment does not make an own property of. */
export function setEntry<T>(of: Record<string, T>, name: string, value: T): void {
  if (name === '__proto__') Object.defineProperty(of, name, { value, enumerable: true, writable: true, configurable: true });
  else of[name] = value;
}

/**
 * A copy of a map with free keys, to which entries may be added. Not a spread: V8 (Node 20) gives the result of `{...of}` a hidden class that remembers no transitions, so
 * that each member that is added to it makes another hidden class and takes 0.45 µs (docs/adr/0051). To replace a member of a spread is as fast as any other assignment.
 */
export function copyOfMap<T>(of: Readonly<Record<string, T>> | undefined): Record<string, T> {
  const copy: Record<string, T> = {};
  for (const name in of) setEntry(copy, name, of[name] as T);
  return copy;
}

/** A copy with one entry set. */
export function withEntry<T>(of: Readonly<Record<string, T>> | undefined, name: string, value: T): Record<string, T> {
  const copy = copyOfMap(of);
  setEntry(copy, name, value);
  return copy;
}
