import { z } from 'zod';
import { defineEvent } from './event.js';
import { instant, key } from './fields.js';

const clock = {
  clock: key,
  /** Generation: every pause, resume or change of policy makes a new one; a fired clock names the one it belonged to. */
  gen: z.number().int().positive(),
};

export const ClockStarted = defineEvent(
  'sla.clock-started',
  1,
  'A promise is running.',
  z.object({
    ...clock,
    kind: z.enum(['hours', 'working-days', 'calendar-days', 'calendar-months', 'fixed']),
    calendar: key.optional(),
    startedAt: instant,
    dueAt: instant,
  }),
);
export const ClockPaused = defineEvent(
  'sla.clock-paused',
  1,
  'The promise waits; its rest is kept.',
  z.object({ ...clock, pausedAt: instant, dueAt: instant }),
);
export const ClockResumed = defineEvent(
  'sla.clock-resumed',
  1,
  'The promise runs again.',
  z.object({ ...clock, resumedAt: instant, dueAt: instant }),
);
export const ClockWarned = defineEvent(
  'sla.clock-warned',
  1,
  'A warning point passed; exactly once per threshold since the promise began.',
  z.object({ ...clock, threshold: key, warnedFor: instant, firedAt: instant, dueAt: instant }),
);
export const ClockBreached = defineEvent(
  'sla.clock-breached',
  1,
  'The promise was broken; exactly once. Carries the true due instant, however late the alarm is.',
  z.object({ ...clock, dueAt: instant, firedAt: instant }),
);
export const ClockStopped = defineEvent(
  'sla.clock-stopped',
  1,
  'The promise was kept or broken, and is over.',
  z.object({
    ...clock,
    startedAt: instant,
    stoppedAt: instant,
    dueAt: instant,
    outcome: z.enum(['met', 'breached']),
    pausedMs: z.number().int().nonnegative(),
  }),
);
export const ClockCancelled = defineEvent(
  'sla.clock-cancelled',
  1,
  'The promise no longer applies.',
  z.object({ ...clock, cancelledAt: instant }),
);
