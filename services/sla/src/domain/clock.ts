import { type EventDraft, sla } from '@gongdan/contracts';
import { type Decision, decided, idOf, type Instant, ms } from '@gongdan/kernel';
import { type Counting, dueAfterPause, DUE, type Kind, leftAt } from './promise.js';

/**
 * One clock of one ticket. A *running* clock burns, a *paused* one keeps what is left of its limit, a *stopped* or *cancelled* one is over; it starts again, as a new
 * generation, when its start event comes again. Every change of the due instant makes a new generation, and a point fires only for its own generation.
 */
export const moves = {
  none: ['running'],
  running: ['paused', 'stopped', 'cancelled'],
  paused: ['running', 'stopped', 'cancelled'],
  stopped: ['running'],
  cancelled: ['running'],
} as const;
export type ClockState = Exclude<keyof typeof moves, 'none'>;

/** The event that last moved the clock. What fires later names it as its cause. */
export interface Origin {
  correlationId: string;
  causationId: string;
  traceparent: string | undefined;
  /** How many reactions in a chain led to it (law 7 of the engine). */
  depth: number;
}

export interface Clock {
  org: string;
  ticketId: string;
  key: string;
  /** Run of the case in which it started; undefined when its start event did not tell it. */
  run: number | undefined;
  gen: number;
  state: ClockState;
  kind: Kind;
  calendar: string | undefined;
  startedAt: Instant;
  /** Start of the current generation; warnings are counted from here. */
  sinceAt: Instant;
  dueAt: Instant;
  /** The due instant before the first extension since the start; undefined when there was none. */
  originalDueAt: Instant | undefined;
  /**
   * What the limit burns from start to due (`burning` in promise.ts). Warnings are shares of it, however many pauses lie between. Undefined for clocks that
   * were started before this property existed.
   */
  whole: number | undefined;
  /** Warnings published since the start; a pause does not repeat them. */
  warned: readonly string[];
  pausedAt: Instant | undefined;
  /** What was left at the pause, in the unit of the kind (promise.ts). */
  left: number | undefined;
  pausedMs: number;
  breachedAt: Instant | undefined;
  endedAt: Instant | undefined;
  outcome: 'met' | 'breached' | undefined;
}

type Decided = Decision<Clock, EventDraft>;

export function may(from: ClockState | undefined, to: ClockState): boolean {
  return (moves[from ?? 'none'] as readonly string[]).includes(to);
}

export interface Starting {
  org: string;
  ticketId: string;
  key: string;
  run: number | undefined;
  kind: Kind;
  calendar: string | undefined;
  dueAt: Instant;
  whole: number;
}

export function start(before: Clock | undefined, s: Starting, at: Instant): Decided {
  const clock: Clock = {
    ...s,
    gen: (before?.gen ?? 0) + 1,
    state: 'running',
    startedAt: at,
    sinceAt: at,
    originalDueAt: undefined,
    warned: [],
    pausedAt: undefined,
    left: undefined,
    pausedMs: 0,
    breachedAt: undefined,
    endedAt: undefined,
    outcome: undefined,
  };
  const data = {
    ...named(clock),
    kind: s.kind,
    startedAt: at,
    dueAt: s.dueAt,
    ...(s.calendar === undefined ? {} : { calendar: s.calendar }),
  };
  return decided(clock, sla.ClockStarted.of({ ...about(clock), occurredAt: at, data }));
}

export function pause(c: Clock, counting: Counting, at: Instant): Decided {
  const left = leftAt(counting, at, c.dueAt);
  const late = breachIfLate(c, at);
  const next: Clock = { ...c, state: 'paused', gen: c.gen + 1, pausedAt: at, left, breachedAt: late.length > 0 ? c.dueAt : c.breachedAt };
  return decided(
    next,
    ...late,
    sla.ClockPaused.of({ ...about(c), occurredAt: at, data: { ...named(next), pausedAt: at, dueAt: c.dueAt } }),
  );
}

export function resume(c: Clock, counting: Counting, at: Instant): Decided {
  const pausedAt = c.pausedAt ?? at;
  const dueAt = dueAfterPause(counting, c.left ?? 0, at, c.dueAt, ms(pausedAt) >= ms(c.dueAt));
  const next: Clock = {
    ...c,
    state: 'running',
    gen: c.gen + 1,
    dueAt,
    sinceAt: at,
    pausedAt: undefined,
    left: undefined,
    pausedMs: c.pausedMs + Math.max(0, ms(at) - ms(pausedAt)),
  };
  return decided(next, sla.ClockResumed.of({ ...about(c), occurredAt: at, data: { ...named(next), resumedAt: at, dueAt } }));
}

/** Where an extension moves a running clock, and what follows from it. */
export interface Extension {
  dueAt: Instant;
  whole: number | undefined;
  /** Warnings that are over; the others may be published again. */
  warned: readonly string[];
  request: string;
}

/** Moves the due instant. The caller has checked that the clock runs and is not overdue. */
export function extend(c: Clock, { request, ...to }: Extension, at: Instant): Decided {
  const originalDueAt = c.originalDueAt ?? c.dueAt;
  const next: Clock = { ...c, ...to, gen: c.gen + 1, sinceAt: at, originalDueAt };
  const data = { ...named(next), from: c.dueAt, dueAt: to.dueAt, originalDueAt, extendedAt: at, request };
  return decided(next, sla.ClockExtended.of({ ...about(c), occurredAt: at, data }));
}

/**
 * Stops the clock. The outcome depends on the instants of the events and not on their arrival; a stop at the due instant itself keeps the promise. When
 * the promise is broken and no breach was fired yet, the breach is published first, so that each broken promise has exactly one. A stop from before the
 * due instant that arrives after the breach was fired has the outcome `met`, and `breachedAt` keeps the published breach.
 */
export function stop(c: Clock, at: Instant): Decided {
  const open = c.state === 'paused' ? (c.pausedAt ?? at) : at;
  const outcome = ms(open) <= ms(c.dueAt) ? 'met' : 'breached';
  const pausedMs = c.pausedMs + (c.state === 'paused' ? Math.max(0, ms(at) - ms(open)) : 0);
  const late = breachIfLate(c, open);
  const next: Clock = { ...c, state: 'stopped', pausedMs, endedAt: at, outcome, breachedAt: late.length > 0 ? c.dueAt : c.breachedAt };
  const data = { ...named(c), startedAt: c.startedAt, stoppedAt: at, dueAt: c.dueAt, outcome, pausedMs } as const;
  return decided(next, ...late, sla.ClockStopped.of({ ...about(c), occurredAt: at, data }));
}

/** Cancels the clock. A promise that was already broken stays broken: whether sla was up at its due instant must not change what is published. */
export function cancel(c: Clock, at: Instant): Decided {
  const late = breachIfLate(c, c.state === 'paused' ? (c.pausedAt ?? at) : at);
  const next: Clock = { ...c, state: 'cancelled', endedAt: at, breachedAt: late.length > 0 ? c.dueAt : c.breachedAt };
  return decided(next, ...late, sla.ClockCancelled.of({ ...about(c), occurredAt: at, data: { ...named(c), cancelledAt: at } }));
}

/**
 * Fires a point of the clock's own generation. After an outage `firedAt` may be much later than `point.at`; the event carries both.
 * `unheard` marks a breach whose wait for the events recorded before its due instant ended without them.
 */
export function fire(c: Clock, point: { key: string; at: Instant }, firedAt: Instant, unheard = false): Decided {
  if (point.key === DUE) return decided({ ...c, breachedAt: c.dueAt }, breach(c, firedAt, unheard));
  const id = idOf('clock', c.org, c.ticketId, c.key, point.key, c.gen);
  return decided(
    { ...c, warned: [...c.warned, point.key] },
    sla.ClockWarned.of({
      id,
      ...about(c),
      occurredAt: point.at,
      data: { ...named(c), threshold: point.key, warnedFor: point.at, firedAt, dueAt: c.dueAt },
    }),
  );
}

function breachIfLate(c: Clock, at: Instant): EventDraft[] {
  return c.breachedAt === undefined && ms(at) > ms(c.dueAt) ? [breach(c, at)] : [];
}

function breach(c: Clock, firedAt: Instant, unheard = false): EventDraft {
  return sla.ClockBreached.of({
    id: idOf('clock', c.org, c.ticketId, c.key, DUE, c.startedAt),
    ...about(c),
    occurredAt: c.dueAt,
    data: { ...named(c), dueAt: c.dueAt, firedAt, ...(unheard ? { unheard } : {}) },
  });
}

const about = (c: Pick<Clock, 'org' | 'ticketId'>): { org: string; ticketId: string } => ({ org: c.org, ticketId: c.ticketId });

/** What each event of a clock says of it. */
function named({ key, gen, run }: Pick<Clock, 'key' | 'gen' | 'run'>): { clock: string; gen: number; run?: number } {
  return { clock: key, gen, ...(run === undefined ? {} : { run }) };
}
