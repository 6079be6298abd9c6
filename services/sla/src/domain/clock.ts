import { type EventDraft, sla } from '@gongdan/contracts';
import { type Decision, decided, idOf, type Instant, ms } from '@gongdan/kernel';
import { type Counting, dueAfterPause, DUE, type Kind, leftAt } from './promise.js';

/**
 * One clock of one ticket. *Running* burns, *paused* keeps its rest, *stopped* and *cancelled* are over (a stopped clock starts anew when
 * its start event comes again, as a new generation). Every change of the due instant is a new generation: a point fires only for the one it
 * was made for.
 */
export const moves = {
  none: ['running'],
  running: ['paused', 'stopped', 'cancelled'],
  paused: ['running', 'stopped', 'cancelled'],
  stopped: ['running'],
  cancelled: ['running'],
} as const;
export type ClockState = Exclude<keyof typeof moves, 'none'>;

/** The event that last moved the clock: what fires later is its doing. */
export interface Origin {
  correlationId: string;
  causationId: string;
  traceparent: string | undefined;
}

export interface Clock {
  org: string;
  ticketId: string;
  key: string;
  gen: number;
  state: ClockState;
  kind: Kind;
  calendar: string | undefined;
  startedAt: Instant;
  /** Start of the current generation: warnings are counted from here. */
  sinceAt: Instant;
  dueAt: Instant;
  /** What the limit burns from start to due (`burning` of promise.ts): warnings are shares of it, whatever pauses lie between. Unknown of a clock older than this field. */
  whole: number | undefined;
  /** Warnings given since the start: a pause does not make them new. */
  warned: readonly string[];
  pausedAt: Instant | undefined;
  /** Rest at the pause, in the unit of the kind (promise.ts). */
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
    warned: [],
    pausedAt: undefined,
    left: undefined,
    pausedMs: 0,
    breachedAt: undefined,
    endedAt: undefined,
    outcome: undefined,
  };
  const data = {
    clock: s.key,
    gen: clock.gen,
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
    sla.ClockPaused.of({ ...about(c), occurredAt: at, data: { clock: c.key, gen: next.gen, pausedAt: at, dueAt: c.dueAt } }),
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
  return decided(next, sla.ClockResumed.of({ ...about(c), occurredAt: at, data: { clock: c.key, gen: next.gen, resumedAt: at, dueAt } }));
}

/**
 * Over. Kept or broken is judged by the instants of the events, not by when we heard of them: a stop at the due instant itself keeps the
 * promise. A breach nobody had time to declare is declared first, so that each broken promise has exactly one.
 * A stop from before the due instant that reaches us after the breach was fired is `met`; that we told of a breach stays on record (`breachedAt`).
 */
export function stop(c: Clock, at: Instant): Decided {
  const open = c.state === 'paused' ? (c.pausedAt ?? at) : at;
  const outcome = ms(open) <= ms(c.dueAt) ? 'met' : 'breached';
  const pausedMs = c.pausedMs + (c.state === 'paused' ? Math.max(0, ms(at) - ms(open)) : 0);
  const late = breachIfLate(c, open);
  const next: Clock = { ...c, state: 'stopped', pausedMs, endedAt: at, outcome, breachedAt: late.length > 0 ? c.dueAt : c.breachedAt };
  const data = { clock: c.key, gen: c.gen, startedAt: c.startedAt, stoppedAt: at, dueAt: c.dueAt, outcome, pausedMs } as const;
  return decided(next, ...late, sla.ClockStopped.of({ ...about(c), occurredAt: at, data }));
}

/** No longer applies. A promise that was broken before stays broken: whether we were up at its due instant must not change what is told. */
export function cancel(c: Clock, at: Instant): Decided {
  const late = breachIfLate(c, c.state === 'paused' ? (c.pausedAt ?? at) : at);
  const next: Clock = { ...c, state: 'cancelled', endedAt: at, breachedAt: late.length > 0 ? c.dueAt : c.breachedAt };
  return decided(
    next,
    ...late,
    sla.ClockCancelled.of({ ...about(c), occurredAt: at, data: { clock: c.key, gen: c.gen, cancelledAt: at } }),
  );
}

/** A due point of the clock's own generation: `firedAt` may be much later than `point.at` after an outage, and the event says both. */
export function fire(c: Clock, point: { key: string; at: Instant }, firedAt: Instant): Decided {
  if (point.key === DUE) return decided({ ...c, breachedAt: c.dueAt }, breach(c, firedAt));
  const id = idOf('clock', c.org, c.ticketId, c.key, point.key, c.gen);
  return decided(
    { ...c, warned: [...c.warned, point.key] },
    sla.ClockWarned.of({
      id,
      ...about(c),
      occurredAt: point.at,
      data: { clock: c.key, gen: c.gen, threshold: point.key, warnedFor: point.at, firedAt, dueAt: c.dueAt },
    }),
  );
}

function breachIfLate(c: Clock, at: Instant): EventDraft[] {
  return c.breachedAt === undefined && ms(at) > ms(c.dueAt) ? [breach(c, at)] : [];
}

function breach(c: Clock, firedAt: Instant): EventDraft {
  return sla.ClockBreached.of({
    id: idOf('clock', c.org, c.ticketId, c.key, DUE, c.startedAt),
    ...about(c),
    occurredAt: c.dueAt,
    data: { clock: c.key, gen: c.gen, dueAt: c.dueAt, firedAt },
  });
}

const about = (c: Pick<Clock, 'org' | 'ticketId'>): { org: string; ticketId: string } => ({ org: c.org, ticketId: c.ticketId });
