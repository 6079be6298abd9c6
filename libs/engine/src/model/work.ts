import { idOf, type Instant } from '@gongdan/kernel';
import { type Compiled } from './compiled.js';
import { type Context } from '../facts/context.js';
import { type Acting, type View } from './env.js';
import { type Choice } from '../holders/choice.js';
import { type Arrival, type Cause, type Claim, type DecisionRecord, type Making, type Told } from './decision.js';
import {
  type Case,
  type Classification,
  type Group,
  type Held,
  type Holder,
  leadOf,
  type Task,
  taskOf,
  timesOf,
  type Value,
} from './case.js';
import { type LedgerEntry } from '../forms/forms.js';
import { copyOfCase, copyOfGroup, copyOfMap, copyOfTask, type Draft, setEntry } from './shapes.js';

const NO_INPUT: Readonly<Record<string, Value>> = {};
const NO_FIELDS: Task['fields'] = {};

/**
 * One decision in the making: effects change it in their order. It belongs to one call and is never shared. `c` is a copy of the case before, and only its own members are
 * replaced, so that a refused decision leaves no trace (law 4). A copy per effect took a third of the time of a decision.
 */
export class Work {
  readonly told: Told[] = [];
  readonly records: DecisionRecord[] = [];
  readonly claims: Claim[] = [];
  readonly touched: number[] = [];
  changed: Readonly<Record<string, Value>> | undefined;
  sealed: readonly string[] | undefined;
  ledger: readonly LedgerEntry[] | undefined;
  /** Groups opened here: they belong to the lead that stands at the end (law 11). */
  readonly opened: number[] = [];
  /** Groups to be judged when all effects are done. */
  readonly toJudge: number[] = [];
  classified: { from: Partial<Classification>; to: Partial<Classification> } | undefined;
  corrected: Record<string, unknown> | undefined;
  arrival: Arrival | undefined;
  transfer: Arrival | undefined;
  unroutable: DecisionRecord | undefined;
  /** What follows a group runs: it addresses the lead, whoever acted. */
  following = false;
  reopened = false;
  watched = false;

  readonly pack: Compiled;
  readonly view: View;
  readonly before: Case;
  /** The case as far as it is decided. */
  readonly c: Draft<Case>;
  readonly at: Instant;
  readonly actor: Acting;
  readonly cause: Cause;
  readonly input: Readonly<Record<string, Value>>;
  readonly event: Readonly<Record<string, unknown>> | undefined;
  readonly acting: number | undefined;
  private decisions: number;
  /** The lead, found once until a task is changed. */
  private leading: Task | undefined;
  private ownsTasks = false;
  private ownsGroups = false;
  private ownsFields = false;
  private ownsChanged = false;
  private ownsHeld = false;

  constructor(made: Making) {
    this.pack = made.pack;
    this.view = made.view;
    this.before = made.before;
    this.c = copyOfCase(made.before);
    this.at = made.at;
    this.actor = made.actor;
    this.cause = made.cause;
    this.input = made.input ?? NO_INPUT;
    this.event = made.event;
    this.acting = made.acting;
    this.decisions = made.decisions;
  }

  /** Where facts are read now. */
  context(task: Task | undefined = this.actingTask()): Context {
    const { pack, view, c, at, actor, input, event } = this;
    return { pack, view, case: c, now: at, actor, task, input, each: undefined, event };
  }

  actingTask(): Task | undefined {
    return this.acting === undefined || this.following ? this.lead() : (taskOf(this.c, this.acting) ?? this.lead());
  }

  lead(): Task | undefined {
    return (this.leading ??= leadOf(this.c));
  }

  /** Puts a copy of the task in its place, for the caller to change at once; undefined for an unknown task. */
  changeTask(no: number): Draft<Task> | undefined {
    const tasks = this.ownTasks();
    const i = tasks.findIndex((t) => t.no === no);
    const task = tasks[i];
    if (task === undefined) return undefined;
    this.touch(no);
    return (tasks[i] = copyOfTask(task));
  }

  /** Puts a copy of the group in its place, for the caller to change at once; undefined for an unknown group. */
  changeGroup(no: number): Draft<Group> | undefined {
    const groups = this.ownGroups();
    const i = groups.findIndex((g) => g.no === no);
    const group = groups[i];
    return group === undefined ? undefined : (groups[i] = copyOfGroup(group));
  }

  group(no: number | undefined): Group | undefined {
    return this.c.groups.find((g) => g.no === no);
  }

  /** Adds an open task. */
  addTask({
    step,
    lead,
    holder,
    except,
    group,
    after,
    wanted,
  }: Pick<Task, 'step' | 'lead' | 'holder' | 'except' | 'group' | 'after' | 'wanted'>): Task {
    const no = this.c.lastTask + 1;
    const times = timesOf(this.c.tasks, step);
    const added: Draft<Task> = {
      no,
      step,
      time: times === 0 ? undefined : times + 1,
      lead,
      after,
      group,
      holder,
      except,
      openedAt: this.at,
      sleepsUntil: undefined,
      sleeps: 0,
      fields: NO_FIELDS,
      endedAt: undefined,
      outcome: undefined,
      version: 0,
      wanted,
    };
    this.ownTasks().push(added);
    this.c.lastTask = no;
    this.touch(no);
    this.hold(added);
    return added;
  }

  addGroup(group: Group): void {
    this.ownGroups().push(group);
    this.c.lastGroup = group.no;
  }

  /** Sets what was filled in, before anything else is set. The case and its event share the input where it is all that they have. */
  setFields(input: Readonly<Record<string, Value>>): void {
    this.changed = input;
    if (isEmpty(this.c.fields)) {
      this.c.fields = input;
      return;
    }
    const fields = copyOfMap(this.c.fields);
    for (const name in input) setEntry(fields, name, input[name] ?? null);
    this.c.fields = fields;
    this.ownsFields = true;
  }

  /** Sets a field of the case; null takes it away. */
  setField(name: string, value: Value): void {
    if (value === null) {
      const { [name]: _, ...others } = this.c.fields;
      this.c.fields = others;
    } else {
      if (!this.ownsFields) this.c.fields = copyOfMap(this.c.fields);
      setEntry(this.c.fields as Record<string, Value>, name, value);
    }
    this.ownsFields = true;
    if (!this.ownsChanged) this.changed = copyOfMap(this.changed);
    this.ownsChanged = true;
    setEntry(this.changed as Record<string, Value>, name, value);
  }

  /** Remembers who held tasks of a step; a pool counts as its unit. */
  hold(task: Task): void {
    const { person, unit } = task.holder;
    if (person === undefined && unit === undefined) return;
    const held = Object.hasOwn(this.c.held, task.step) ? (this.c.held[task.step] ?? []) : [];
    const entry: Held = { person: person ?? '', unit };
    const last = held.at(-1);
    if (last?.person === entry.person && last.unit === entry.unit) return;
    // A person who takes the task from the pool stands for it; the pool before him is no holder of its own.
    const kept = person !== undefined && last?.person === '' && last.unit === unit ? held.slice(0, -1) : held;
    // Each holder once: four eyes ask for all of them, however often a task goes to and fro.
    const now = kept.filter((h) => h.person !== entry.person || h.unit !== unit);
    now.push(entry);
    // Copied once, however many tasks are opened: maps with free keys are the dearest copies.
    if (!this.ownsHeld) this.c.held = copyOfMap(this.c.held);
    this.ownsHeld = true;
    setEntry(this.c.held as Record<string, readonly Held[]>, task.step, now);
  }

  record(choice: Choice, why: DecisionRecord['why'], task: { no: number; step: string }, holder: Holder | undefined): DecisionRecord {
    this.decisions += 1;
    const { org, ticketId, pack } = this.c;
    const held = holder !== undefined;
    const record: DecisionRecord = {
      id: idOf('decision', org, ticketId, this.decisions),
      org,
      ticketId,
      no: this.decisions,
      at: this.at,
      why,
      task: task.no,
      step: task.step,
      candidates: choice.candidates,
      facts: choice.facts,
      pack,
      by: this.actor.id,
      table: choice.table,
      runnerUp: choice.runnerUp,
      climbedFrom: choice.climbedFrom,
      rule: held ? choice.rule : undefined,
      unit: holder?.unit,
      role: holder?.role,
      person: holder?.person,
    };
    this.records.push(record);
    return record;
  }

  /** Tells an event; `data` becomes part of it and belongs to it from now on. */
  tell(name: string, data: Record<string, unknown>): void {
    this.told.push({ name, data });
  }

  private touch(no: number): void {
    if (!this.touched.includes(no)) this.touched.push(no);
  }

  /** The tasks, for the caller to change at once. */
  private ownTasks(): Task[] {
    this.leading = undefined;
    if (!this.ownsTasks) this.c.tasks = [...this.c.tasks];
    this.ownsTasks = true;
    return this.c.tasks as Task[];
  }

  private ownGroups(): Group[] {
    if (!this.ownsGroups) this.c.groups = [...this.c.groups];
    this.ownsGroups = true;
    return this.c.groups as Group[];
  }
}

function isEmpty(map: object): boolean {
  for (const _ in map) return false;
  return true;
}
