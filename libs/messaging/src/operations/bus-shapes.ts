import { instantInput } from '@gongdan/platform';
import { z } from 'zod';

const count = z.number().int().nonnegative();
const seconds = z.number().nonnegative();
const instant = z.iso.datetime();
const code = z.string().max(120).meta({ description: 'Stable code of the error, `service/what`' });

export const ParkedQuery = z.strictObject({
  ticketId: z.uuid().optional(),
  code: code.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

export const RedriveBody = z
  .strictObject({
    ticketId: z.uuid().optional().meta({ description: 'Only the events of this ticket' }),
    code: code.optional().meta({ description: 'Only tickets with an event that was parked with this code' }),
    dryRun: z.boolean().default(false).meta({ description: 'Only counts' }),
  })
  .meta({ id: 'RedriveBody', examples: [{ code: 'packs/unreadable', dryRun: true }] });

export const DiscardBody = z
  .strictObject({ reason: z.string().min(3).max(1_000).meta({ description: 'Kept in the audit with the bytes of the event' }) })
  .meta({ id: 'DiscardBody', examples: [{ reason: 'The ticket was erased on request of the complainant' }] });

export const RepublishBody = z
  .strictObject({
    from: instantInput.optional().meta({ description: 'Tickets with an event recorded at or after this instant' }),
    to: instantInput.optional().meta({ description: 'Tickets with an event recorded before this instant' }),
    org: z.string().max(64).optional().meta({ description: 'Only tickets of this organisation' }),
    ticketId: z.uuid().optional().meta({ description: 'Only this ticket' }),
  })
  .meta({ id: 'RepublishBody', examples: [{ org: 'acme', from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z' }] });

export const ParkedId = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);

export const BusStatusAnswer = z
  .object({
    service: z.string(),
    joined: z.boolean().meta({ description: 'Whether this replica is a member of the consumer group' }),
    handledEvents: z.array(z.string()).meta({ description: 'Names of the events this service has a handler for' }),
    lag: z
      .array(z.object({ topic: z.string(), partition: count, lag: z.number().int() }))
      .nullable()
      .meta({
        description: 'Messages between the position of the group and the end, per partition; null while the broker does not answer',
      }),
    lagTotal: z.number().int().nullable(),
    outbox: z.object({ rows: count, oldestSeconds: seconds }).meta({ description: 'Events that are not on the bus yet' }),
    parked: z
      .object({ rows: count, oldestSeconds: seconds })
      .meta({ description: 'Events that could not be applied, and those that wait behind them' }),
    gaps: z
      .object({ rows: count, waiting: count, oldestSeconds: seconds })
      .meta({ description: 'Streams with a missing event, and the events that wait for it' }),
    heads: z.array(z.object({ producer: z.string(), until: z.string(), missing: count })).meta({
      description:
        'Per producer: until when the last events of its streams were compared with those applied here, and how many were missing so far',
    }),
    leases: z
      .array(z.object({ owner: z.string(), parts: count, epochMax: count, expiresInSeconds: seconds }))
      .meta({ description: 'Which relay (or nobody) reads how many of the 64 partitions of the outbox' }),
  })
  .meta({
    id: 'BusStatus',
    examples: [
      {
        service: 'dispatch',
        joined: true,
        handledEvents: ['intake.ticket-amended', 'intake.ticket-registered', 'intake.ticket-withdrawn'],
        lag: [{ topic: 'gongdan.tickets', partition: 0, lag: 3 }],
        lagTotal: 3,
        outbox: { rows: 0, oldestSeconds: 0 },
        parked: { rows: 1, oldestSeconds: 42.5 },
        gaps: { rows: 0, waiting: 0, oldestSeconds: 0 },
        heads: [{ producer: 'intake', until: '2026-03-02T09:00:00.000Z', missing: 0 }],
        leases: [{ owner: '018f3a5c-7d21-7c44-9b1e-000000000001', parts: 64, epochMax: 7, expiresInSeconds: 8.4 }],
      },
    ],
  });
export type BusStatus = z.infer<typeof BusStatusAnswer>;

const entry = z.object({
  id: count,
  org: z.string().nullable(),
  ticketId: z.string().nullable().meta({ description: 'Null where nothing proves whose event it is: then it blocks no ticket' }),
  producer: z.string().nullable(),
  seq: count.nullable(),
  name: z.string().nullable(),
  version: count.nullable(),
  topic: z.string(),
  partition: count,
  position: z.string().meta({ description: 'Offset in the partition' }),
  kind: z.enum(['poison', 'behind', 'unreadable', 'unproven', 'conflict']).meta({
    description:
      'poison: could not be applied · behind: waits for an earlier event of its ticket · unreadable: no event of ours · unproven: no valid signature · conflict: another event has its number',
  }),
  code,
  error: z.string(),
  attempts: count,
  parkedAt: instant,
  retryAt: instant.nullable().meta({ description: 'When the service retries it by itself; null: an operator decides' }),
});

export const ParkedEntryAnswer = entry
  .extend({
    subject: z.string().nullable().meta({ description: 'The ticket that the headers name, proven or not' }),
    sequence: z.string().nullable().meta({ description: 'The number that the headers name, proven or not' }),
  })
  .meta({
    id: 'ParkedEntry',
    examples: [
      {
        id: 17,
        org: 'acme',
        ticketId: '018f3a5c-7d21-7c44-9b1e-000000000001',
        producer: 'intake',
        seq: 1,
        name: 'intake.ticket-registered',
        version: 1,
        topic: 'gongdan.tickets',
        partition: 4,
        position: '20311',
        kind: 'poison',
        code: 'packs/unreadable',
        error: 'Unavailable: the stored pack cannot be read: format 2 is unknown here',
        attempts: 3,
        parkedAt: '2026-03-02T09:00:00.000Z',
        retryAt: '2026-03-02T09:01:00.000Z',
        subject: '018f3a5c-7d21-7c44-9b1e-000000000001',
        sequence: '1',
      },
    ],
  });
export type ParkedEntry = z.infer<typeof ParkedEntryAnswer>;
export const ParkedListAnswer = z.array(ParkedEntryAnswer).meta({ id: 'ParkedList' });

export const ParkedEventAnswer = entry
  .extend({
    headers: z.record(z.string(), z.string()),
    value: z.string().nullable().meta({ description: 'The payload as text, at most 20,000 characters' }),
  })
  .meta({ id: 'ParkedEvent' });
export type ParkedEvent = z.infer<typeof ParkedEventAnswer>;

export const RetriedAnswer = z
  .object({
    tried: count.meta({ description: 'Events that were retried' }),
    left: count.meta({ description: 'Events of these tickets that are still parked' }),
  })
  .meta({ id: 'Retried', examples: [{ tried: 3, left: 0 }] });

export const RedriveAnswer = RetriedAnswer.extend({ tickets: count }).meta({
  id: 'Redriven',
  examples: [{ tickets: 2, tried: 5, left: 1 }],
});

export const RepublishAnswer = z
  .object({ events: count.meta({ description: 'Events that will be published again' }) })
  .meta({ id: 'Republishing', examples: [{ events: 1_204 }] });
