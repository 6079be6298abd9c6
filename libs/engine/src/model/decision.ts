import { type Instant } from '@gongdan/kernel';
import { type Compiled } from './compiled.js';
import { type Acting, type View } from './env.js';
import { type Choice } from '../holders/choice.js';
import { type Case, type Value } from './case.js';

/** What made the case change. `depth` counts reactions in one chain (law 7). */
export interface Cause {
  kind: 'action' | 'reaction' | 'start' | 'system' | 'bulk' | 'cascade';
  key: string;
  depth: number;
}

/** Why a holder was chosen, kept for ever (C6). */
export interface DecisionRecord extends Omit<Choice, 'rule'> {
  /** How the holder was chosen; absent when nobody can hold the task. */
  rule?: string | undefined;
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
  unit?: string | undefined;
  role?: string | undefined;
  person?: string | undefined;
  pack: { key: string; version: number };
  by: string;
}

/** An event before it has its place in the stream. */
export interface Told {
  /** Without `dispatch.` */
  name: string;
  data: Record<string, unknown>;
}

/** A person who must still be below capacity when the decision is saved. */
export interface Claim {
  person: string;
  capacity?: number | undefined;
}

/** What the lead did in this decision. */
export interface Arrival {
  record?: DecisionRecord | undefined;
  fromUnit?: string | undefined;
  fromPerson?: string | undefined;
}

/** What a decision is made from. */
export interface Making {
  pack: Compiled;
  view: View;
  before: Case;
  at: Instant;
  actor: Acting;
  cause: Cause;
  input?: Readonly<Record<string, Value>> | undefined;
  event?: Readonly<Record<string, unknown>> | undefined;
  /** No of the acting task; undefined for the lead. */
  acting?: number | undefined;
  /** Decisions of the ticket made so far. */
  decisions: number;
}
