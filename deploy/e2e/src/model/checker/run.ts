import {
  type GroupSpec,
  type Heard,
  type Holder,
  type PackDocument,
  type Planned,
  type Ref,
  type Registered,
  type Window,
} from './documents.js';
import { type People } from './people.js';

/** A task as far as the stream tells it. */
export interface TaskState {
  no: number;
  step: string;
  lead: boolean;
  after?: number;
  group?: Ref;
  holder: Holder;
  /** Whom the rule that named its pool leaves out. */
  out?: readonly string[];
  wanted?: string;
  ended?: string;
  fields: Record<string, unknown>;
  version: number;
}
export interface GroupState {
  key: string;
  no: number;
  spec: GroupSpec;
  lead?: number;
  pending: { task: Planned; unit?: string }[];
  ended: { step: string; outcome: string }[];
  state: 'open' | 'complete' | 'refused' | 'void';
}
export interface Counter {
  times: number;
  total: number;
  by: string;
  unit?: string;
  at: string;
  /** When it was done, the last sixteen times. */
  recent: number[];
  byUnit: Record<string, number>;
  byTask: Record<string, number>;
  all: string[];
}

/** The run of a case as the checker has followed it. It is changed in place; a decision that cannot be followed ends the check of the case. */
export class Run {
  step = '';
  state = 'received';
  phase: 'open' | 'closed' = 'open';
  run = 1;
  tasks: TaskState[] = [];
  lastTask = 0;
  groups: GroupState[] = [];
  lastGroup = 0;
  hops: { unit: string; at: string }[] = [];
  lastHop = 0;
  done: Record<string, Counter> = {};
  held: Record<string, Holder[]> = {};
  fields: Record<string, unknown> = {};
  class: Record<string, unknown>;
  /** What other services said, by id of the event, and which of it was answered: `reaction event`. */
  readonly heard = new Map<string, Heard>();
  readonly followed = new Set<string>();
  /** How often each reaction ran in each run: `reaction run`. */
  readonly reacted = new Map<string, number>();
  /** Requests to other services that are not answered yet, by id. */
  readonly requests = new Map<string, string>();

  constructor(
    public pack: PackDocument,
    readonly people: People,
    readonly ticket: Registered,
  ) {
    const { type, category, priority, item, urgency, impact } = ticket.data as Record<string, unknown>;
    this.class = { type, category, priority, item, urgency, impact };
  }

  lead(): TaskState | undefined {
    return this.tasks.find((t) => t.lead && t.ended === undefined);
  }

  openTasks(): TaskState[] {
    return this.tasks.filter((t) => t.ended === undefined);
  }

  hold(task: TaskState): void {
    const { unit, person } = task.holder;
    if (unit === undefined && person === undefined) return;
    const held = (this.held[task.step] ??= []);
    const last = held.at(-1);
    if (last?.unit === unit && last?.person === person) return;
    if (person !== undefined && last !== undefined && last.person === undefined && last.unit === unit) held.pop();
    held.push({ ...(unit === undefined ? {} : { unit }), ...(person === undefined ? {} : { person }) });
  }
}

/** Where facts are read: the run, the task acted on, the input, who acts and when. */
export interface Look {
  run: Run;
  task: TaskState | undefined;
  actor: string;
  input: Record<string, unknown>;
  event?: Record<string, unknown>;
  each?: string;
  window: Window;
  at: string;
}
