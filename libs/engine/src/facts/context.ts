import { type Instant, ms, hash32 } from '@gongdan/kernel';
import { type Acting, type View } from '../model/env.js';
import { categoryPath, type Compiled } from '../model/compiled.js';
import { type Case, type Counted, leadOf, type Task, type Value } from '../model/case.js';

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

/** The value of a fact; undefined when it is absent. The names are those of `factTypes` in @gongdan/packs. */
export function factOf(x: Context, name: string): unknown {
  const dot = name.indexOf('.');
  const family = dot < 0 ? name : name.slice(0, dot);
  const rest = dot < 0 ? '' : name.slice(dot + 1);
  switch (family) {
    case 'class':
      return rest === 'categories' ? categoryPath(x.pack, x.case.class.category) : own(x.case.class, rest);
    case 'ticket':
      return ticketFact(x.case, rest);
    case 'customer':
      return rest === 'hasContact' ? x.case.ticket.hasContact : rest === 'hasEmail' ? x.case.ticket.hasEmail : undefined;
    case 'place':
      return own(x.case.ticket.place, rest);
    case 'attributes':
      return own(x.case.ticket.attributes, rest);
    case 'history':
      return own(x.case.ticket.history, rest);
    case 'fields':
      return own(x.case.fields, rest);
    case 'input':
      return own(x.input, rest);
    case 'case':
      return caseFact(x.case, rest);
    case 'task':
      return taskFact(x.task, rest);
    case 'actor':
      return actorFact(x.actor, rest);
    case 'event':
      return path(x.event, rest);
    case 'done':
      return doneFact(x.case, rest);
    case 'tasks':
      return tasksFact(x.case, rest);
    case 'groups':
      return groupFact(x.case, rest);
    case 'clock':
      return clockFact(x, rest);
    case 'links':
      return linksFact(x.case, rest);
    case 'since':
      return sinceFact(x, rest);
    case 'each':
      return x.each;
    case 'now':
      return x.now;
    default:
      return undefined;
  }
}

function ticketFact(c: Case, name: string): unknown {
  if (name === 'imported') return c.ticket.history !== undefined;
  if (name === 'registeredAt') return c.registeredAt;
  return own(c.ticket, name);
}

function caseFact(c: Case, name: string): unknown {
  const lead = leadOf(c);
  switch (name) {
    case 'unit':
      return lead?.holder.unit ?? c.hops.at(-1)?.unit;
    case 'holder':
      return lead?.holder.person;
    case 'hop':
      return c.lastHop;
    case 'depth':
      return c.hops.length;
    case 'sample':
      return hash32(`${c.ticketId}`) % 100;
    default:
      return own(c, name);
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
function doneFact(c: Case, rest: string): unknown {
  const [key, member] = split(rest);
  const counted = own(c.done, key) as Counted | undefined;
  if (member === 'times' || member === 'total') return counted?.[member] ?? 0;
  return counted === undefined ? undefined : own(counted, member);
}

function tasksFact(c: Case, rest: string): unknown {
  const dot = rest.indexOf('.');
  const [step, member] = dot < 0 ? [rest, ''] : [rest.slice(0, dot), rest.slice(dot + 1)];
  const ofStep = c.tasks.filter((t) => t.step === step);
  if (member === 'open') return ofStep.filter((t) => t.endedAt === undefined).length;
  if (member === 'times') return (own(c.held, step) as readonly unknown[] | undefined)?.length ?? 0;
  const last = ofStep.at(-1);
  if (member === 'outcome') return last?.outcome;
  if (member === 'by') return last?.holder.person;
  return member.startsWith('fields.') ? own(last?.fields, member.slice('fields.'.length)) : undefined;
}

function groupFact(c: Case, rest: string): unknown {
  const [key, member] = split(rest);
  const group = c.groups.findLast((g) => g.key === key);
  return member === 'open' ? group?.state === 'open' : group?.state;
}

function clockFact(x: Context, rest: string): unknown {
  const [key, member] = split(rest);
  const clock = own(x.case.heard.clocks, key) as Case['heard']['clocks'][string] | undefined;
  if (clock === undefined) return member === 'breached' ? false : undefined;
  // A breach at 18:00:00 is true for a decision at 18:00:01, whether or not sla's event has arrived.
  if (member === 'breached') return clock.breached === true || (clock.state === 'running' && ms(x.now) > ms(clock.dueAt));
  return own(clock, member);
}

function linksFact(c: Case, rest: string): unknown {
  const [kind, member] = split(rest);
  const links = own(c.heard.links, kind);
  return own(links as object | undefined, member) ?? (member === 'unit' ? undefined : 0);
}

function sinceFact(x: Context, name: string): Since | undefined {
  const at = sinceWhen(x, name);
  return at === undefined ? undefined : new Since(at);
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
      return (own(x.case.done, name) as Counted | undefined)?.at;
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

function path(of: unknown, name: string): unknown {
  let value = of;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = own(value, part);
  }
  return value;
}
