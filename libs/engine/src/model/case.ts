import { type Instant } from '@gongdan/kernel';
import { type Party, type PlannedTask, type StepState } from '@gongdan/packs/format2';

// The words of this lib (docs/glossary.md). A *case* is a ticket's run through the process of its pack; it is made of *tasks*. The *lead* task is the main line;
// a *side* task stands beside it. Side tasks are opened in a *group*. A *hop* is a stay of the lead in one unit. A *run* lasts from opening to closing.

/** Who holds a task. A unit alone is a pool, with a role the pool of those who hold it; a person holds the task for the unit. `waitsFor`: whose time burns. */
export interface Holder {
  unit?: string | undefined;
  role?: string | undefined;
  person?: string | undefined;
  waitsFor?: Party | { group: string } | undefined;
}

/** A value of a form or of `set`. A personal one is the text that the sealing function returned. */
export type Value = string | number | boolean | null | readonly unknown[] | Readonly<Record<string, unknown>>;

export interface Task {
  /** Counts the tasks of the case from 1. */
  no: number;
  step: string;
  /** How many tasks of this step there have been, this one included; absent: it was the first. */
  time?: number | undefined;
  lead: boolean;
  /** The lead before this one. */
  after?: number | undefined;
  group?: { key: string; no: number } | undefined;
  holder: Holder;
  /** Whom the rule that named the pool leaves out (`except`): they do not act as its members, nor take the task. */
  except?: readonly string[] | undefined;
  openedAt: Instant;
  sleepsUntil?: Instant | undefined;
  /** Grows with every sleep, so that a wake-up of an earlier sleep does nothing. */
  sleeps: number;
  fields: Readonly<Record<string, Value>>;
  endedAt?: Instant | undefined;
  outcome?: string | undefined;
  /** Version of the case that last changed step, holder, sleep, fields or end: the ETag of the task (law 5). */
  version: number;
  /** Step that an unroutable lead will go to when somebody names its unit. */
  wanted?: string | undefined;
}

export interface Group {
  key: string;
  no: number;
  /** The lead under which it stands; absent when it outlives leads. */
  lead?: number | undefined;
  state: 'open' | 'complete' | 'refused' | 'void';
  /** Members whose turn has not come. `each` is the unit that stands for the planned task. */
  pending: { task: PlannedTask; unit?: string }[];
  ended: { no: number; step: string; outcome: string; by?: string }[];
  about?: readonly string[] | undefined;
}

export interface Hop {
  no: number;
  unit: string;
  step: string;
  since: Instant;
}

export interface Request {
  id: string;
  kind: 'register' | 'link' | 'charge' | 'extend' | 'cascade';
  /** Action or reaction that asked. */
  cause: string;
  state: 'pending' | 'done' | 'refused';
  /** Code of the refusal. */
  code?: string;
  /** The ticket that was registered or linked. */
  ticket?: { id: string; number: string };
  /** Of a cascade: how many tickets it had reached when it was last answered. */
  reached?: number;
  /** Run in which it was asked; absent for requests of an older release. */
  run?: number;
}

/** How often an action or reaction was done. `times`, `byUnit` and `byTask` count the present run, `total` the case. */
export interface Counted {
  /** The action or reaction. */
  key: string;
  times: number;
  total: number;
  firstAt: Instant;
  at: Instant;
  by: string;
  unit?: string | undefined;
  byUnit: Readonly<Record<string, number>>;
  byTask: Readonly<Record<string, number>>;
  /** Instants and doers of the last 16. */
  recent: readonly { at: Instant; by: string; unit?: string | undefined }[];
  /** Doers that are not among the last 16: four eyes ask for all of them. */
  earlier?: readonly string[] | undefined;
}

export interface Classification {
  type: string;
  category: string;
  item?: string | undefined;
  priority: string;
  urgency?: string | undefined;
  impact?: string | undefined;
}

/** The ticket as intake registered it and as corrections and amendments left it. */
export interface TicketFacts {
  channel: string;
  language: string;
  unit?: string;
  registeredBy?: string;
  hasContact: boolean;
  hasEmail: boolean;
  externalKey?: string;
  /** The recurring plan that registered it, and for which instant. */
  plan?: string;
  occurrence?: Instant;
  place?: Readonly<Record<string, string | number>>;
  attributes?: Readonly<Record<string, string | number | boolean>>;
  history?: Readonly<Record<string, string>>;
}

export interface HeardClock {
  state: 'running' | 'paused' | 'stopped' | 'cancelled';
  dueAt: Instant;
  breached?: boolean;
  /** Run that the clock belongs to; absent when sla does not know it. */
  run?: number;
}

/** The tickets that are linked with this one, of one kind. They have cases of their own, so dispatch reads this when it decides and stores none of it. */
export interface HeardLinks {
  count: number;
  /** Those whose case is open, or not opened yet. */
  open: number;
  /** Unit that has the first of them, open ones before closed ones. */
  unit?: string;
}

/** A case whose fields only `advance`, `react` and `open` change. Everything in it is told by its stream (law 6) but `heard`. */
export interface Case {
  org: string;
  ticketId: string;
  number: string;
  title: string;
  pack: { key: string; version: number };
  phase: 'open' | 'closed';
  step: string;
  state: StepState;
  run: number;
  class: Classification;
  ticket: TicketFacts;
  fields: Readonly<Record<string, Value>>;
  /** One for each action and reaction that was done. A list, because to copy a map with free keys and to search in it is dear (docs/adr/0051). */
  done: readonly Counted[];
  /** Step → everybody who held a task of it, once each, the last one last. */
  held: Readonly<Record<string, readonly Held[]>>;
  /** Open tasks, and the last ended one of each step. */
  tasks: readonly Task[];
  lastTask: number;
  groups: readonly Group[];
  lastGroup: number;
  /** The present hop last. */
  hops: readonly Hop[];
  lastHop: number;
  requests: readonly Request[];
  watchers: readonly string[];
  /** When the case was first dispatched, accepted, replied to, and last resolved. */
  marks: Readonly<Partial<Record<'dispatched' | 'accepted' | 'replied' | 'resolved', Instant | undefined>>>;
  heard: { clocks: Readonly<Record<string, HeardClock>>; links?: Readonly<Record<string, HeardLinks>> };
  /** Sequence number of dispatch's last event about the ticket. */
  version: number;
  registeredAt: Instant;
  openedAt: Instant;
  closedAt?: Instant | undefined;
  /** Instant of the last event; the next one is never earlier. */
  since: Instant;
}

export interface Held {
  person: string;
  unit?: string | undefined;
}

// Loops and not `find`: a decision asks for its lead a dozen times.
export function leadOf(c: Pick<Case, 'tasks'>): Task | undefined {
  for (const t of c.tasks) if (t.lead && t.endedAt === undefined) return t;
  return undefined;
}
/** How many tasks of the step there have been. The last one of each step is kept, with its count. */
export function timesOf(tasks: readonly Task[], step: string): number {
  let times = 0;
  for (const t of tasks) if (t.step === step && (t.time ?? 1) > times) times = t.time ?? 1;
  return times;
}

export function openTasks(c: Pick<Case, 'tasks'>): Task[] {
  return c.tasks.filter((t) => t.endedAt === undefined);
}
export function taskOf(c: Pick<Case, 'tasks'>, no: number): Task | undefined {
  for (const t of c.tasks) if (t.no === no) return t;
  return undefined;
}
/** How often the action or reaction was done; undefined for never. */
export function countedOf(c: Pick<Case, 'done'>, key: string): Counted | undefined {
  for (const counted of c.done) if (counted.key === key) return counted;
  return undefined;
}
