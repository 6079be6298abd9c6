import { dispatch, TICKET_STATES } from '@gongdan/contracts';
import { zoneInput } from '@gongdan/platform';
import { z } from 'zod';
import { INCOMPLETE } from '../domain/freshness.js';

const instant = z.iso.datetime({ precision: 3 });
const AT = '2026-03-02T01:00:00.000Z';

// Postgres refuses what JavaScript allows: offsets beyond 15:59 and years beyond 9999.
export const bound = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text).toISOString())
  .refine((text) => /^\d{4}-/.test(text) && !text.startsWith('0000'), 'must lie in the years 1 to 9999');
export const word = z.string().min(1).max(200);
const filter = {
  number: word.optional().meta({ description: 'Number of the ticket, in any case and width, with or without blanks.' }),
  state: z.enum(TICKET_STATES).optional(),
  open: z
    .enum(['true', 'false'])
    .transform((v) => v === 'true')
    .optional()
    .meta({ description: 'true: the case is not closed.' }),
  unit: word.optional(),
  category: word.optional(),
  type: word.optional(),
  channel: word.optional(),
  source: word.optional().meta({ description: 'Older system that an imported ticket comes from.' }),
  text: word
    .refine((t) => !t.includes('\u0000'), 'must not hold NUL')
    .optional()
    .meta({ description: 'Part of title, description or address, in any script; not case-sensitive.' }),
  from: bound.optional().meta({ description: 'Registered at or after this instant.' }),
  to: bound.optional().meta({ description: 'Registered before this instant.' }),
};
const limit = (byDefault: number, most: number) => z.coerce.number().int().min(1).max(most).default(byDefault);
const cursor = z.string().max(500).optional().meta({ description: '`next` of the page before.' });

export const SearchQuery = z.strictObject({ ...filter, cursor, limit: limit(50, 200) });
export const ExportQuery = z.strictObject(filter);
export const HistoryQuery = z.strictObject({ cursor, limit: limit(1_000, 1_000) });
export const StatsQuery = z.strictObject({
  ...filter,
  by: z.string().max(80).default('all').meta({
    description: 'all, unit, category, type, channel, priority, state, area, judgedUnit, judgedClass, day, month or attribute.<key>',
  }),
  zone: zoneInput.min(1).optional().meta({
    description: 'IANA time zone in which days and months are counted; without it, that of the pack the organisation published last.',
  }),
  limit: limit(1_000, 10_000),
});
export const RebuildBody = z.strictObject({}).optional();

export const SearchCursor = z.tuple([instant, z.uuid()]);
export const HistoryCursor = z.tuple([z.number().int().positive()]);

// Dispatch may come to use a state that this version of reporting does not know.
const anyState = z.union([z.enum(TICKET_STATES), z.string()]);

export const freshness = {
  asOf: instant.meta({ description: "Instant of the database's clock at which the answer was read." }),
  complete: z.boolean().meta({ description: 'false while published events are known to be missing in the answer.' }),
  incompleteBecause: z.array(z.enum(INCOMPLETE)).meta({
    description:
      'rebuild: everything is being derived again. missing-events: an event came before one it follows. parked-events: events were refused.',
  }),
};
export const whole = { asOf: AT, complete: true, incompleteBecause: [] };

const Ticket = z
  .object({
    id: z.uuid(),
    number: z.string(),
    pack: z.string(),
    channel: z.string(),
    type: z.string(),
    category: z.string(),
    priority: z.string(),
    title: z.string(),
    description: z.string(),
    address: z.string().nullable(),
    area: z.string().nullable(),
    latitude: z.number().nullable(),
    longitude: z.number().nullable(),
    attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullable(),
    state: anyState,
    phase: z.enum(['open', 'closed']),
    run: z.number().meta({ description: 'Counts the runs of the case; a reopening begins the next one.' }),
    unit: z.string().nullable().meta({ description: 'Unit that has the case; null while no unit has it.' }),
    holder: z.string().nullable().meta({ description: 'Person who holds the case; null while it waits in the queue of the unit.' }),
    registeredAt: instant.nullable(),
    dispatchedAt: instant.nullable().meta({ description: 'First arrival in the queue of a unit.' }),
    acceptedAt: instant.nullable(),
    repliedAt: instant.nullable(),
    resolvedAt: instant.nullable(),
    closedAt: instant.nullable(),
    dueAt: instant.nullable().meta({ description: 'Due instant with which an imported ticket came.' }),
    externalKey: z.string().nullable(),
    source: z.string().nullable(),
    importedStatus: z.string().nullable(),
    returns: z.number(),
    transfers: z.number(),
    reopens: z.number(),
    urges: z.number(),
    sideTasks: z.number().meta({ description: 'Open tasks beside the main line: approvals, sub-tasks, supervision orders.' }),
    judgedUnit: z.string().nullable().meta({ description: 'Unit of the last finding of fault.' }),
    judgedClass: z.string().nullable().meta({ description: 'Class of fault of the last finding, a word of the pack.' }),
    warnings: z.number(),
    breaches: z.number(),
    changedAt: instant,
  })
  .meta({ id: 'ReportedTicket' });
const ticketExample: z.infer<typeof Ticket> = {
  id: '018f3a5c-7d21-7c44-9b1e-3f8a2f5e6d70', number: 'GD202603000001', pack: 'starter', channel: 'phone', type: 'complaint', category: 'network',
  priority: 'urgent', title: '家里没有信号', description: '从昨晚开始整栋楼都没有信号。', address: '幸福路 12 号', area: null, latitude: null, longitude: null,
  attributes: null, state: 'accepted', phase: 'open', run: 1, unit: 'network', holder: 'wang', registeredAt: AT, dispatchedAt: AT, acceptedAt: AT, repliedAt: null, resolvedAt: null,
  closedAt: null, dueAt: null, externalKey: null, source: null, importedStatus: null, returns: 0, transfers: 0, reopens: 0, urges: 0, sideTasks: 0,
  judgedUnit: null, judgedClass: null, warnings: 0, breaches: 0,
  changedAt: AT,
}; // prettier-ignore

const Clock = z
  .object({
    clock: z.string().meta({ description: 'Key of the clock in the pack.' }),
    state: z.enum(['running', 'paused', 'stopped', 'cancelled']),
    startedAt: instant.nullable(),
    dueAt: instant.nullable(),
    stoppedAt: instant.nullable(),
    breachedAt: instant.nullable(),
    outcome: z.enum(['met', 'breached']).nullable(),
  })
  .meta({ id: 'ReportedClock' });

const HistoryEntry = z
  .object({
    eventId: z.uuid(),
    producer: z.string(),
    seq: z.number().meta({ description: 'Place in the stream of the producer and the ticket, from 1.' }),
    name: z.string(),
    version: z.number(),
    occurredAt: instant,
    actor: z.object({ id: z.string(), name: z.string().nullable() }),
    causationId: z.uuid().nullable(),
    correlationId: z.string(),
    data: z
      .record(z.string(), z.unknown())
      .meta({ description: 'Data of the event as in the AsyncAPI document, without the sealed contact.' }),
  })
  .meta({ id: 'HistoryEntry' });

export const HistoryAnswer = z
  .object({
    ...freshness,
    ticket: Ticket,
    clocks: z.array(Clock),
    history: z.array(HistoryEntry).meta({ description: 'In the order in which the events were applied.' }),
    next: z.string().nullable().meta({ description: 'Cursor of the next page; null on the last one.' }),
  })
  .meta({
    id: 'TicketHistory',
    examples: [
      {
        ...whole,
        ticket: ticketExample,
        clocks: [
          { clock: 'resolve', state: 'running', startedAt: AT, dueAt: '2026-03-04T01:00:00.000Z', stoppedAt: null, breachedAt: null, outcome: null },
        ],
        history: [
          {
            eventId: '018f3a5c-7d21-7c44-9b1e-3f8a2f5e6d71', producer: 'dispatch', seq: 2, name: 'dispatch.ticket-accepted', version: 2, occurredAt: AT,
            actor: { id: 'wang', name: '王芳' }, causationId: null, correlationId: '7d21',
            data: { case: dispatch.caseOfOneTask({ step: 'working', state: 'accepted', unit: 'network', person: 'wang', version: 2 }), at: AT },
          },
        ],
        next: null,
      },
    ],
  }); // prettier-ignore

export const SearchAnswer = z
  .object({
    ...freshness,
    items: z.array(Ticket),
    next: z.string().nullable().meta({ description: 'Cursor of the next page; null on the last one.' }),
  })
  .meta({ id: 'SearchAnswer', examples: [{ ...whole, items: [ticketExample], next: null }] });

const Figures = z
  .object({
    key: z.string().nullable().meta({ description: 'Value of the dimension; null where a ticket has none.' }),
    total: z.number(),
    open: z.number(),
    closed: z.number(),
    closedAfterDue: z.number().meta({ description: 'Closed after the due instant with which the ticket was imported.' }),
    promises: z.number().meta({ description: 'Clocks that ended, met or breached.' }),
    kept: z.number().meta({ description: 'Clocks that ended as met.' }),
    onTimeRate: z.number().nullable().meta({ description: 'kept / promises; null when no clock ended.' }),
    breaches: z.number(),
    returns: z.number(),
    reopens: z.number(),
    urges: z.number(),
    medianDaysOpen: z.number().nullable().meta({ description: 'Median of closing minus registration in days of 24 hours.' }),
  })
  .meta({ id: 'Figures' });

export const StatsAnswer = z
  .object({
    by: z.string(),
    zone: z.string().meta({ description: 'Zone in which days and months were counted.' }),
    ...freshness,
    groups: z.number().meta({ description: 'How many groups there are; more than `items` when the limit cut them.' }),
    items: z.array(Figures).meta({ description: 'The groups with the most tickets first.' }),
  })
  .meta({
    id: 'StatsAnswer',
    examples: [
      {
        by: 'unit', zone: 'Asia/Shanghai', ...whole, groups: 1,
        items: [
          { key: 'network', total: 120, open: 20, closed: 100, closedAfterDue: 0, promises: 100, kept: 93, onTimeRate: 0.93, breaches: 7, returns: 4, reopens: 2, urges: 3, medianDaysOpen: 1.5 },
        ],
      },
    ],
  }); // prettier-ignore

export const RebuildAnswer = z
  .object({
    id: z.uuid(),
    startedAt: instant,
    finishedAt: instant.nullable().meta({ description: 'null while the rebuild runs.' }),
    startedBy: z.string(),
  })
  .meta({
    id: 'Rebuild',
    examples: [{ id: '018f3a5c-7d21-7c44-9b1e-3f8a2f5e6d72', startedAt: AT, finishedAt: null, startedBy: 'root' }],
  });

export const LiveEvent = z
  .object({
    ticketId: z.uuid(),
    number: z.string().meta({ description: 'Empty while the registration is missing.' }),
    event: z.string().meta({ description: 'Name of the event, as in the AsyncAPI document.' }),
    state: anyState.meta({ description: 'State after the event.' }),
    unit: z.string().nullable().meta({ description: 'Unit after the event.' }),
    at: instant.meta({ description: 'Instant of the event.' }),
  })
  .meta({
    id: 'LiveUpdate',
    examples: [
      {
        ticketId: ticketExample.id,
        number: ticketExample.number,
        event: 'dispatch.ticket-accepted',
        state: 'accepted',
        unit: 'network',
        at: AT,
      },
    ],
  });
