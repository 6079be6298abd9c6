import { instantInput } from '@gongdan/platform';
import { z } from 'zod';
import { type Clock } from '../domain/clock.js';

const instant = z.iso.datetime({ precision: 3 });

export const ListQuery = z.strictObject({
  state: z.enum(['running', 'paused', 'stopped', 'cancelled']).optional(),
  dueBefore: instantInput.optional(),
  breached: z
    .enum(['true', 'false'])
    .transform((v) => v === 'true')
    .optional(),
  unit: z.string().max(120).optional(),
  cursor: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export const Cursor = z.tuple([instant, z.uuid(), z.string().max(120)]);

const clock = {
  ticketId: z.uuid(),
  clock: z.string().meta({ description: 'Key of the clock in the pack' }),
  state: z.enum(['running', 'paused', 'stopped', 'cancelled']),
  run: z.number().nullable().meta({ description: 'Run of the case in which it started; null when its start event did not tell it' }),
  gen: z.number().meta({ description: 'Generation: a start, a pause, a resumption and an extension each make a new one' }),
  kind: z.enum(['hours', 'working-days', 'calendar-days', 'calendar-months', 'fixed']),
  calendar: z.string().nullable().meta({ description: 'Null: around the clock in the zone of the pack' }),
  startedAt: instant,
  dueAt: instant,
  originalDueAt: instant.nullable().meta({ description: 'The due instant before the first extension; null when there was none' }),
  pausedAt: instant.nullable(),
  pausedMs: z.number(),
  breachedAt: instant.nullable().meta({ description: 'The due instant of a published breach, whatever the outcome is' }),
  endedAt: instant.nullable(),
  outcome: z.enum(['met', 'breached']).nullable(),
};
const example = {
  ticketId: '019d2c1e-6f3a-7c55-9d0b-3a1f6a2b7c10',
  clock: 'first-reply',
  state: 'running',
  run: 1,
  gen: 1,
  kind: 'hours',
  calendar: 'office',
  startedAt: '2026-03-02T01:00:00.000Z',
  dueAt: '2026-03-02T03:00:00.000Z',
  originalDueAt: null,
  pausedAt: null,
  pausedMs: 0,
  breachedAt: null,
  endedAt: null,
  outcome: null,
} as const;

const ClockShape = z.object(clock).meta({ id: 'Clock', examples: [example] });
export const TicketClocksAnswer = z.object({ items: z.array(ClockShape) }).meta({ id: 'TicketClocks', examples: [{ items: [example] }] });

const listed = { ...example, number: 'GD202603000017', unit: 'network' };
const ListedClock = z.object({ ...clock, number: z.string(), unit: z.string().nullable() }).meta({ id: 'ListedClock', examples: [listed] });
export const ClocksAnswer = z
  .object({
    items: z.array(ListedClock),
    next: z.string().nullable().meta({ description: 'Cursor of the next page; null on the last page' }),
  })
  .meta({ id: 'Clocks', examples: [{ items: [listed], next: null }] });

const coveredYear = z.object({
  year: z.number(),
  covered: z.boolean().meta({ description: 'Whether the holidays of the year are known (SL-05)' }),
});
export const CalendarsAnswer = z
  .object({ items: z.array(z.object({ calendar: z.record(z.string(), z.unknown()), years: z.array(coveredYear) })) })
  .meta({
    id: 'Calendars',
    examples: [
      {
        items: [
          {
            calendar: { key: 'office', zone: 'Asia/Shanghai', hours: { mon: ['09:00-12:00', '13:00-18:00'] }, holidays: ['CN'] },
            years: [
              { year: 2026, covered: true },
              { year: 2027, covered: false },
            ],
          },
        ],
      },
    ],
  });

export type ClockView = z.infer<typeof ClockShape>;

export function viewOf(c: Clock): ClockView {
  const { ticketId, key, state, gen, kind, startedAt, dueAt, pausedMs } = c;
  return {
    ticketId,
    clock: key,
    state,
    run: c.run ?? null,
    gen,
    kind,
    calendar: c.calendar ?? null,
    startedAt,
    dueAt,
    originalDueAt: c.originalDueAt ?? null,
    pausedAt: c.pausedAt ?? null,
    pausedMs,
    breachedAt: c.breachedAt ?? null,
    endedAt: c.endedAt ?? null,
    outcome: c.outcome ?? null,
  };
}
