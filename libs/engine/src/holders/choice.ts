import { type Context } from '../facts/context.js';
import { type Acting } from '../model/env.js';
import { type Case, type Holder, type Task } from '../model/case.js';

/** Somebody or a unit that might have received the task. */
export interface Candidate {
  /** Row of the decision table, when a table was asked. */
  rule?: string | undefined;
  unit?: string | undefined;
  person?: string | undefined;
  score?: number | undefined;
  /** Why it was passed over. */
  excluded?: 'returned' | 'closed' | 'unknown' | 'nobody-holds-the-role' | 'four-eyes' | 'absent' | 'at-capacity' | 'no-skill' | undefined;
  /** The units asked for the role, from the first upwards, with how many there may hold the task; without a unit: who holds the role everywhere. */
  climb?: { unit?: string | undefined; people: number }[] | undefined;
  /** The nearest sites to the place, at most five, with where they are. */
  sites?: Site[] | undefined;
}

export interface Site {
  unit: string;
  latitude: number;
  longitude: number;
}

/** How a holder was chosen: what a decision record keeps (C6). */
export interface Choice {
  /** Row of the table, or how the rule names the holder: `unit`, `role`, `doer`, `previous`, `person`, `self`, `keep`, `fallback`. */
  rule: string;
  table?: string | undefined;
  candidates: Candidate[];
  runnerUp?: Candidate | undefined;
  /** Values of the facts that were asked. */
  facts: Record<string, unknown>;
  /** The unit from which an unheld role climbed. */
  climbedFrom?: string | undefined;
}

export interface Resolved {
  /** Undefined: nobody can hold the task. */
  holder?: Holder | undefined;
  /** Whom the rule leaves out of the pool, or of the pool to which the task may come back. */
  except?: readonly string[] | undefined;
  choice: Choice;
  /** The person was picked by routing, who may hold at most so many tasks. */
  claim?: { person: string; capacity?: number | undefined } | undefined;
}

/** What a rule is resolved for. */
export interface For {
  x: Context;
  actor: Acting;
  /** Holder before: the old lead's, or the acting task's. */
  from: Task | undefined;
  /** The case before the decision, in which the loads of the view were loaded; without it nothing was decided yet. */
  before?: Pick<Case, 'tasks'>;
  /** The task stays the same one: whom it leaves out already stays out. */
  same?: boolean;
}
