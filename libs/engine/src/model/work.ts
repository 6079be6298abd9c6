import { idOf, type Instant } from '@gongdan/kernel';
import { type Compiled } from './compiled.js';
import { type Context } from '../facts/context.js';
import { type Acting, type View } from './env.js';
import { type Choice } from '../holders/choice.js';
import { type Case, type Classification, type Group, type Holder, leadOf, type Task, type Value } from './case.js';
import { type LedgerEntry } from '../forms/forms.js';

/** What made the case change. `depth` counts reactions in one chain (law 7). */
export interface Cause {
  kind: 'action' | 'reaction' | 'start' | 'system' | 'bulk';
  key: string;
  depth: number;
}

/** Why a holder was chosen, kept for ever (C6). */
export interface DecisionRecord extends Omit<Choice, 'rule'> {
  /** How the holder was chosen; absent when nobody can hold the task. */
  rule?: string;
  id: string;
  org: string;
  ticketId: string;
  /** Counts the decisions of the ticket from 1. */
  no: number;
  at: Instant;
  why: 'routed' | 'returned' | 'reopened' | 'transferred' | 'assigned';
  /** Task that the choice was made for, and its step. */
  task: number;
  step: string;
  unit?: string;
  role?: string;
  person?: string;
  pack: { key: string; version: number };
  by: string;
}

/** An event before it has its place in the stream. */
export interface Told {
  name: string;
  data: Record<string, unknown>;
}

/** A person who must still be below capacity when the decision is saved. */
export interface Claim {
  person: string;
  capacity?: number;
}

/** What the lead did in this decision. */
export interface Arrival {
  record?: DecisionRecord;
  fromUnit?: string;
  fromPerson?: string;
}

/** One decision in the making: effects change it in their order. It belongs to one call and is never shared. */
export class Work {
  readonly told: Told[] = [];
  readonly records: DecisionRecord[] = [];
  readonly claims: Claim[] = [];
  readonly touched = new Set<number>();
  readonly changed: Record<string, Value> = {};
  readonly sealed: string[] = [];
  readonly ledger: LedgerEntry[] = [];
  /** Groups opened here: they belong to the lead that stands at the end (law 11). */
  readonly opened = new Set<number>();
  /** Groups to be judged when all effects are done. */
  readonly toJudge = new Set<number>();
  classified: { from: Partial<Classification>; to: Partial<Classification> } | undefined;
  corrected: Record<string, unknown> | undefined;
  arrival: Arrival | undefined;
  transfer: Arrival | undefined;
  unroutable: DecisionRecord | undefined;
  reopened = false;
  watched = false;

  constructor(
    readonly pack: Compiled,
    readonly view: View,
    readonly before: Case,
    /** The case as far as it is decided. */
    public c: Case,
    readonly at: Instant,
    readonly actor: Acting,
    readonly cause: Cause,
    readonly input: Readonly<Record<string, Value>>,
    readonly event: Readonly<Record<string, unknown>> | undefined,
    /** No of the acting task; undefined for the lead. */
    readonly acting: number | undefined,
    /** Decisions of the ticket made so far. */
    private decisions: number,
  ) {}

  /** Where facts are read now. */
  context(task: Task | undefined = this.actingTask()): Context {
    return { pack: this.pack, view: this.view, case: this.c, now: this.at, actor: this.actor, task, input: this.input, event: this.event };
  }

  actingTask(): Task | undefined {
    return this.acting === undefined ? leadOf(this.c) : (this.c.tasks.find((t) => t.no === this.acting) ?? leadOf(this.c));
  }

  lead(): Task | undefined {
    return leadOf(this.c);
  }

  replaceTask(no: number, change: Partial<Task>): Task | undefined {
    let replaced: Task | undefined;
    const tasks = this.c.tasks.map((t) => (t.no === no ? (replaced = { ...t, ...change }) : t));
    this.c = { ...this.c, tasks };
    this.touched.add(no);
    return replaced;
  }

  replaceGroup(no: number, change: Partial<Group>): void {
    this.c = { ...this.c, groups: this.c.groups.map((g) => (g.no === no ? { ...g, ...change } : g)) };
  }

  /** Adds an open task. */
  addTask(task: Omit<Task, 'no' | 'openedAt' | 'version' | 'fields' | 'sleeps'>): Task {
    const added: Task = { ...task, no: this.c.lastTask + 1, openedAt: this.at, version: 0, fields: {}, sleeps: 0 };
    this.c = { ...this.c, tasks: [...this.c.tasks, added], lastTask: added.no };
    this.touched.add(added.no);
    this.hold(added);
    return added;
  }

  /** Remembers who held tasks of a step; a pool counts as its unit. */
  hold(task: Task): void {
    const { person, unit } = task.holder;
    if (person === undefined && unit === undefined) return;
    const held = Object.hasOwn(this.c.held, task.step) ? (this.c.held[task.step] ?? []) : [];
    const entry = { person: person ?? '', ...(unit === undefined ? {} : { unit }) };
    const last = held.at(-1);
    if (last?.person === entry.person && last.unit === entry.unit) return;
    // A person who takes the task from the pool stands for it; the pool before him is no holder of its own.
    const kept = person !== undefined && last?.person === '' && last.unit === unit ? held.slice(0, -1) : held;
    this.c = { ...this.c, held: { ...this.c.held, [task.step]: [...kept, entry].slice(-32) } };
  }

  record(choice: Choice, why: DecisionRecord['why'], task: { no: number; step: string }, holder: Holder | undefined): DecisionRecord {
    this.decisions += 1;
    const { unit, role, person } = holder ?? {};
    const { rule, ...how } = choice;
    const record: DecisionRecord = {
      ...how,
      ...(holder === undefined ? {} : { rule }),
      id: idOf('decision', this.c.org, this.c.ticketId, this.decisions),
      org: this.c.org,
      ticketId: this.c.ticketId,
      no: this.decisions,
      at: this.at,
      why,
      task: task.no,
      step: task.step,
      ...(unit === undefined ? {} : { unit }),
      ...(role === undefined ? {} : { role }),
      ...(person === undefined ? {} : { person }),
      pack: this.c.pack,
      by: this.actor.id,
    };
    this.records.push(record);
    return record;
  }

  tell(name: string, data: Record<string, unknown>): void {
    this.told.push({ name: `dispatch.${name}`, data });
  }
}
