import { z } from 'zod';

const instant = z.iso.datetime({ precision: 3 });
const rows = z.int().nonnegative();
const seconds = z.number().nonnegative();

/** What `GET /v1/ops/bus` answers: see BusStatus for the meaning of each part. */
export const BusAnswer = z
  .object({
    service: z.string(),
    joined: z.boolean().describe('True while the service is a member of its consumer group'),
    heard: z.array(z.string()).describe('Names of the events the service handles'),
    lag: z
      .array(z.object({ topic: z.string(), partition: z.int(), lag: z.int() }))
      .nullable()
      .describe('Messages not yet read, by partition; null while the broker is away'),
    lagTotal: z.int().nullable(),
    outbox: z.object({ rows, oldestSeconds: seconds }).describe('Events that are not published yet'),
    parked: z.object({ rows, oldestSeconds: seconds }).describe('Records set aside, to be redriven or discarded'),
    gaps: z
      .object({ rows, waiting: rows, oldestSeconds: seconds })
      .describe('Streams with a missing event, and the events that wait behind it'),
    heads: z
      .array(z.object({ producer: z.string(), until: instant, missing: rows }))
      .describe('By producer: until when the ends of its streams were compared, and how many streams missed theirs so far'),
    leases: z
      .array(z.object({ owner: z.string(), parts: rows, epochMax: z.int(), expiresInSeconds: seconds }))
      .describe('Who publishes which part of the outbox'),
  })
  .meta({
    id: 'BusStatus',
    examples: [
      {
        service: 'sla',
        joined: true,
        heard: ['intake.ticket-registered'],
        lag: [{ topic: 'gongdan.tickets', partition: 0, lag: 0 }],
        lagTotal: 0,
        outbox: { rows: 0, oldestSeconds: 0 },
        parked: { rows: 0, oldestSeconds: 0 },
        gaps: { rows: 0, waiting: 0, oldestSeconds: 0 },
        heads: [{ producer: 'intake', until: '2026-03-02T09:00:00.000Z', missing: 0 }],
        leases: [{ owner: '0192f3a4-5b6c-7d8e-9f00-112233445566', parts: 64, epochMax: 3, expiresInSeconds: 8.2 }],
      },
    ],
  });

const parkedEntry = {
  id: z.int().positive(),
  org: z.string().nullable(),
  ticketId: z.uuid().nullable(),
  producer: z.string().nullable(),
  seq: z.int().nullable(),
  name: z.string().nullable(),
  version: z.int().nullable(),
  topic: z.string(),
  partition: z.int(),
  position: z.string(),
  kind: z.enum(['poison', 'behind', 'unreadable', 'unproven', 'conflict']),
  code: z.string(),
  error: z.string(),
  attempts: z.int(),
  parkedAt: instant,
  againAt: instant.nullable().describe('When the service tries it again by itself; null when only an operator can'),
};
const anEntry = {
  id: 7,
  org: 'acme',
  ticketId: '0192f3a4-5b6c-7d8e-9f00-112233445566',
  producer: 'intake',
  seq: 1,
  name: 'intake.ticket-registered',
  version: 1,
  topic: 'gongdan.tickets',
  partition: 3,
  position: '1203',
  kind: 'poison' as const,
  code: 'dispatch/no-such-pack',
  error: 'Unavailable: dispatch/no-such-pack',
  attempts: 4,
  parkedAt: '2026-03-02T09:00:00.000Z',
  againAt: null,
};

export const ParkedListAnswer = z
  .array(
    z
      .object({ ...parkedEntry, subject: z.string().nullable(), sequence: z.string().nullable() })
      .meta({ id: 'ParkedEntry', description: 'One parked record; `subject` and `sequence` are what its headers say, verified or not' }),
  )
  .meta({ id: 'ParkedList', examples: [[{ ...anEntry, subject: anEntry.ticketId, sequence: '1' }]] });

export const ParkedAnswer = z
  .object({
    ...parkedEntry,
    headers: z.record(z.string(), z.string()),
    value: z.string().nullable().describe('The first 20,000 characters of the bytes, read as UTF-8'),
  })
  .meta({ id: 'ParkedRecord', examples: [{ ...anEntry, headers: { ce_type: 'intake.ticket-registered' }, value: '{"number":"GD1"}' }] });

const redriven = { tried: rows, left: rows.describe('Still parked afterwards') };
export const RedriveAnswer = z
  .object({ tickets: rows, ...redriven })
  .meta({ id: 'Redriven', examples: [{ tickets: 2, tried: 5, left: 0 }] });
export const DiscardAnswer = z.object(redriven).meta({ id: 'Discarded', examples: [{ tried: 1, left: 0 }] });
export const RepublishAnswer = z.object({ events: rows }).meta({ id: 'Republishing', examples: [{ events: 1_200 }] });
