import { z } from 'zod';
import { answered } from './answered.js';
import { defineEvent } from './event.js';
import { followed, instantOf, keyOf, uuid } from './fields.js';

const clock = {
  clock: keyOf('Key of the clock in the pack; a ticket has at most one clock of a key.'),
  gen: z.number().int().positive().meta({
    description: 'Generation: grows with every start, pause, resumption and extension. A warning or breach names the one it belongs to.',
  }),
  run: z
    .number()
    .int()
    .positive()
    .meta({
      description: 'Run of the case that the clock belongs to. Absent when sla does not know it, and for a clock of the whole case.',
    })
    .optional(),
  task: z
    .number()
    .int()
    .positive()
    .meta({ description: 'Task of the case that the clock is about; absent when it is about no single task.' })
    .optional(),
  cause: followed.optional(),
};
const dueAt = instantOf('Due instant: a stop at exactly this instant still meets it.');

export const ClockStarted = defineEvent(
  'sla.clock-started',
  1,
  'A clock of the pack started, or started again after it had been stopped or cancelled.',
  z.object({
    ...clock,
    kind: z
      .enum(['hours', 'working-days', 'calendar-days', 'calendar-months', 'fixed'])
      .meta({ description: 'How the limit is counted. `fixed`: the due instant was given, not computed.' }),
    calendar: keyOf('Calendar of the pack in which the time is counted; without one it is counted around the clock.').optional(),
    startedAt: instantOf('Instant of the event that started it.'),
    dueAt,
  }),
);

export const ClockPaused = defineEvent(
  'sla.clock-paused',
  1,
  'A running clock paused. The time left is kept, and the due instant moves when it resumes.',
  z.object({ ...clock, pausedAt: instantOf('Instant of the event that paused it.'), dueAt }),
);

export const ClockResumed = defineEvent(
  'sla.clock-resumed',
  1,
  'A paused clock runs again with the time that was left.',
  z.object({ ...clock, resumedAt: instantOf('Instant of the event that resumed it.'), dueAt }),
);

export const ClockWarned = defineEvent(
  'sla.clock-warned',
  1,
  'A warning point of the clock passed. Published exactly once per threshold since the clock started.',
  z.object({
    ...clock,
    threshold: keyOf('Warning of the pack that was due.'),
    warnedFor: instantOf('Instant at which the warning was due.'),
    firedAt: instantOf('Instant at which sla noticed; later than `warnedFor` when sla was down.'),
    dueAt,
  }),
);

export const ClockBreached = defineEvent(
  'sla.clock-breached',
  1,
  'The due instant passed and the clock had not been stopped. Published exactly once since the clock started.',
  z.object({
    ...clock,
    dueAt,
    firedAt: instantOf('Instant at which sla noticed; later than `dueAt` when sla was down.'),
    unheard: z
      .literal(true)
      .optional()
      .describe(
        'The wait for events recorded before the due instant ended without them, so a stop in time may still arrive; such breaches are counted apart. Absent otherwise.',
      ),
  }),
);

export const ClockStopped = defineEvent(
  'sla.clock-stopped',
  1,
  'The clock ended, and whether it was met is certain.',
  z.object({
    ...clock,
    startedAt: instantOf('Instant of the event that started it.'),
    stoppedAt: instantOf('Instant of the event that stopped it.'),
    dueAt,
    outcome: z.enum(['met', 'breached']).meta({ description: 'met: stopped at or before the due instant.' }),
    pausedMs: z.number().int().nonnegative().meta({ description: 'Sum of its pauses in milliseconds of real time.' }),
  }),
);

export const ClockCancelled = defineEvent(
  'sla.clock-cancelled',
  1,
  'The clock no longer applies and counts in no figure.',
  z.object({ ...clock, cancelledAt: instantOf('Instant of the event that cancelled it.') }),
);

export const ClockExtended = defineEvent(
  'sla.clock-extended',
  1,
  'The process moved the due instant of a running clock (effect `extend`). Warnings that lie ahead of it are published again.',
  z.object({
    ...clock,
    from: instantOf('Due instant before.'),
    dueAt,
    originalDueAt: instantOf('Due instant before the first extension since the clock started.'),
    extendedAt: instantOf('Instant of the action or reaction that asked.'),
    request: uuid.meta({ description: 'Id of the request, as dispatch.request-asked told it.' }),
  }),
);

export const RequestAnswered = defineEvent(
  'sla.request-answered',
  1,
  'Sla did what the process of the ticket asked for (`extend`, `charge`), or refused it. Dispatch tells its own request-answered after it.',
  answered,
);
