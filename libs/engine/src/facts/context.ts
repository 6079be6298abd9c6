import { type Instant, ms, hash32 } from '@gongdan/kernel';
import { type Acting, type View } from '../model/env.js';
import { categoryPath, type Compiled } from '../model/compiled.js';
import { isDuration, momentOf } from './durations.js';
import { type Case, countedOf, leadOf, type Task, timesOf, type Value } from '../model/case.js';

/** What facts are read from. */
export interface Context {
  pack: Compiled;
  view: View;
  case: Case;
  now: Instant;
  actor?: Acting | undefined;
  /** The task that is acted on. */
  task?: Task | undefined;
  input?: Readonly<Record<string, Value>> | undefined;
  /** The element for which a planned task is opened. */
  each?: string | undefined;
  /** Data of the event that triggers a reaction. */
  event?: Readonly<Record<string, unknown>> | undefined;
}

/** A span that began at `from`; it is compared with a length of time (`since.dispatched: {lte: 1wd}`). */
export class Since {
  constructor(readonly from: Instant) {}
}

/** Reads one fact. */
export type Reader = (x: Context) => unknown;

// Names of facts are words of packs. Packs come and go, so the readers are thrown away now and then.
const readers = new Map<string, Reader>();
const MOST_READERS = 20_000;

/** The value of a fact; undefined when it is absent. The names are those of `factTypes` in @gongdan/packs. */
export function factOf(x: Context, name: string): unknown {
  return readerOf(name)(x);
}

/** How the fact is read. Its name is taken apart once: to do it for each condition took longer than to judge it. */
export function readerOf(name: string): Reader {
  let reader = readers.get(name);
  if (reader === undefined) {
    const dot = name.indexOf('.');
    reader = dot < 0 ? makeReader(name, '') : makeReader(name.slice(0, dot), name.slice(dot + 1));
    if (readers.size >= MOST_READERS) readers.clear();
    readers.set(name, reader);
  }
  return reader;
}

function makeReader(family: string, rest: string): Reader {
  switch (family) {
    case 'class':
      return rest === 'categories' ? (x) => categoryPath(x.pack, x.case.class.category) : (x) => own(x.case.class, rest);
    case 'ticket':
      if (rest === 'imported') return (x) => x.case.ticket.history !== undefined;
      if (rest === 'registeredAt') return (x) => x.case.registeredAt;
      return (x) => own(x.case.ticket, rest);
    case 'customer':
      if (rest === 'hasContact') return (x) => x.case.ticket.hasContact;
      return rest === 'hasEmail' ? (x) => x.case.ticket.hasEmail : absent;
    case 'place':
      return (x) => own(x.case.ticket.place, rest);
    case 'attributes':
      return (x) => own(x.case.ticket.attributes, rest);
    case 'history':
      return (x) => own(x.case.ticket.history, rest);
    case 'fields':
      return (x) => own(x.case.fields, rest);
    case 'input':
      return (x) => own(x.input, rest);
    case 'case':
      return caseReader(rest);
    case 'task':
      return (x) => taskFact(x.task, rest);
    case 'actor':
      return (x) => actorFact(x.actor, rest);
    case 'event': {
      const parts = rest.split('.');
      return (x) => path(x.event, parts);
    }
    case 'done':
      return doneReader(rest);
    case 'tasks':
      return tasksReader(rest);
    case 'groups': {
      const [key, member] = split(rest);
      return (x) => groupFact(x.case, key, member);
    }
    case 'clock': {
      const [key, member] = split(rest);
      return (x) => clockFact(x, key, member);
    }
    case 'links': {
      const [kind, member] = split(rest);
      return (x) => linksFact(x.case, kind, member);
    }
    case 'since':
      return /^(?:fields|attributes|input)\./.test(rest) ? sinceDate(readerOf(rest)) : (x) => sinceFact(x, rest);
    case 'each':
      return (x) => x.each;
    case 'now':
      return (x) => x.now;
    default:
      return absent;
  }
}

const absent: Reader = () => undefined;

function caseReader(name: string): Reader {
  switch (name) {
    case 'unit':
      return ({ case: c }) => leadOf(c)?.holder.unit ?? c.hops.at(-1)?.unit;
    case 'holder':
      return ({ case: c }) => leadOf(c)?.holder.person;
    case 'hop':
      return ({ case: c }) => c.lastHop;
    case 'depth':
      return ({ case: c }) => c.hops.length;
    case 'sample':
      return ({ case: c }) => hash32(c.ticketId) % 100;
    default:
      return ({ case: c }) => own(c, name);
  }
}

function taskFact(task: Task | undefined, name: string): unknown {
  if (task === undefined) return undefined;
  if (name === 'unit' || name === 'person' || name === 'role') return task.holder[name];
  return own(task, name);
}

function actorFact(actor: Acting | undefined, name: string): unknown {
  if (actor === undefined) return undefined;
  if (name === 'id') return actor.id;
  if (name === 'roles') return [...new Set(actor.memberships.flatMap((m) => m.roles))];
  if (name === 'units') return actor.memberships.flatMap((m) => m.unit ?? []);
  return undefined;
}

// Keys of actions may contain no dot, so the member is what stands behind the last one.
function doneReader(rest: string): Reader {
  const [key, member] = split(rest);
  const counts = member === 'times' || member === 'total';
  return (x) => {
    const counted = countedOf(x.case, key);
    if (counted === undefined) return counts ? 0 : undefined;
    return own(counted, member) ?? (counts ? 0 : undefined);
  };
}

function tasksReader(rest: string): Reader {
  const dot = rest.indexOf('.');
  const [step, member] = dot < 0 ? [rest, ''] : [rest.slice(0, dot), rest.slice(dot + 1)];
  const last = (x: Context): Task | undefined => x.case.tasks.findLast((t) => t.step === step);
  if (member === 'open') return (x) => x.case.tasks.filter((t) => t.step === step && t.endedAt === undefined).length;
  if (member === 'times') return (x) => timesOf(x.case.tasks, step);
  if (member === 'outcome') return (x) => last(x)?.outcome;
  if (member === 'by') return (x) => last(x)?.holder.person;
  if (!member.startsWith('fields.')) return absent;
  const field = member.slice('fields.'.length);
  return (x) => own(last(x)?.fields, field);
}

function groupFact(c: Case, key: string, member: string): unknown {
  const group = c.groups.findLast((g) => g.key === key);
  return member === 'open' ? group?.state === 'open' : group?.state;
}

function clockFact(x: Context, key: string, member: string): unknown {
  const clock = own(x.case.heard.clocks, key) as Case['heard']['clocks'][string] | undefined;
  // A clock of an earlier run is none of this one; what became of it is not kept.
  if (clock === undefined || (clock.run !== undefined && clock.run !== x.case.run)) return member === 'breached' ? false : undefined;
  // A breach at 18:00:00 is true for a decision at 18:00:01, whether or not sla's event has arrived.
  if (member === 'breached') return clock.breached === true || (clock.state === 'running' && ms(x.now) > ms(clock.dueAt));
  return own(clock, member);
}

function linksFact(c: Case, kind: string, member: string): unknown {
  const links = own(c.heard.links, kind) as object | undefined;
  return own(links, member) ?? (member === 'unit' ? undefined : 0);
}

function sinceFact(x: Context, name: string): Since | undefined {
  const at = sinceWhen(x, name);
  return at === undefined ? undefined : new Since(at);
}

/** Since a date or an instant that somebody filled in; a date begins at midnight. */
function sinceDate(read: Reader): Reader {
  return (x) => {
    const value = read(x);
    const at = isDuration(value) ? undefined : momentOf(x.pack, x.now, value);
    return at === undefined ? undefined : new Since(at);
  };
}

function sinceWhen(x: Context, name: string): Instant | undefined {
  switch (name) {
    case 'opened':
      return x.task?.openedAt ?? x.case.openedAt;
    case 'registered':
      return x.case.registeredAt;
    case 'closed':
      return x.case.closedAt;
    case 'dispatched':
      // The last arrival in the present unit counts for whoever may send it back.
      return x.case.hops.at(-1)?.since ?? x.case.marks.dispatched;
    case 'accepted':
    case 'replied':
    case 'resolved':
      return x.case.marks[name];
    default:
      return countedOf(x.case, name)?.at;
  }
}

function split(rest: string): [string, string] {
  const dot = rest.lastIndexOf('.');
  return dot < 0 ? [rest, ''] : [rest.slice(0, dot), rest.slice(dot + 1)];
}

// Inherited properties are no facts: a pack may call a field `constructor`.
function own(of: object | undefined, key: string): unknown {
  return of !== undefined && Object.hasOwn(of, key) ? (of as Record<string, unknown>)[key] : undefined;
}

function path(of: unknown, parts: readonly string[]): unknown {
  let value = of;
  for (const part of parts) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = own(value, part);
  }
  return value;
}
