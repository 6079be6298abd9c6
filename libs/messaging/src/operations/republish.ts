import { type Database, type Queries } from '@gongdan/platform';
import { z } from 'zod';

const Request = z.object({
  producer: z.string(),
  org: z.string(),
  ticketId: z.uuid(),
  fromSeq: z.number().int().positive(),
  toSeq: z.number().int().positive(),
});

/**
 * Publishes a stretch of one stream again, at most 10,000 events, by putting their pointers back into the outbox. Consumers drop those they have. Returns
 * how many there are; 0 when the request is malformed or meant for another producer.
 */
export async function republishStretch(db: Queries, producer: string, request: unknown): Promise<number> {
  const parsed = Request.safeParse(request);
  if (!parsed.success || parsed.data.producer !== producer) return 0;
  const { org, ticketId, fromSeq, toSeq } = parsed.data;
  return db.run(
    `insert into outbox (part, org, ticket_id, seq)
     select hashtext(ticket_id::text) & 63, org, ticket_id, seq from ticket_event
     where org = $1 and ticket_id = $2::uuid and seq between $3 and $4 order by seq`,
    [org, ticketId, fromSeq, Math.min(toSeq, fromSeq + 9_999)],
  );
}

export interface RepublishRange {
  /** Recorded at or after. */
  from?: string | undefined;
  /** Recorded before. */
  to?: string | undefined;
  org?: string | undefined;
  ticketId?: string | undefined;
}

const RECORDED_IN_RANGE = '($1::timestamptz is null or recorded_at >= $1) and ($2::timestamptz is null or recorded_at < $2)';
const OF_WHOM = '($3::text is null or org = $3) and ($4::uuid is null or ticket_id = $4)';

const COUNT = `
  select count(*) as n from ticket_event
  where ${OF_WHOM} and (($1::timestamptz is null and $2::timestamptz is null)
    or (org, ticket_id) in (select org, ticket_id from ticket_event where ${RECORDED_IN_RANGE} and ${OF_WHOM}))`;

const QUEUE_CHUNK = `
  with tickets as (
    select distinct org, ticket_id from ticket_event where ${RECORDED_IN_RANGE} and ${OF_WHOM} and (org, ticket_id) > ($5, $6::uuid)
    order by org, ticket_id limit $7
  ), queued as (
    insert into outbox (part, org, ticket_id, seq)
    select hashtext(e.ticket_id::text) & 63, e.org, e.ticket_id, e.seq from tickets join ticket_event e using (org, ticket_id)
    order by e.org, e.ticket_id, e.seq returning 1
  )
  select org, ticket_id, (select count(*) from queued) as events from tickets order by org desc, ticket_id desc limit 1`;

/** About ten thousand events: a second of work here and a second for the relay. */
const TICKETS_AT_ONCE = 2_000;
/** Live events wait behind what the outbox holds: a few seconds at this size. */
const FULL_OUTBOX = 20_000;
const POLL_MS = 200;

const paramsOf = (range: RepublishRange): (string | null)[] => [
  range.from ?? null,
  range.to ?? null,
  range.org ?? null,
  range.ticketId ?? null,
];

/** How many events `republishRange` would publish now. */
export async function countRange(db: Queries, range: RepublishRange): Promise<number> {
  return (await db.one<{ n: number }>(COUNT, paramsOf(range)))?.n ?? 0;
}

export interface RepublishPace {
  /** Called after each chunk is committed, with the number of events queued so far. */
  onChunk?: (queued: number) => void;
  /** Tickets in a chunk. */
  tickets?: number;
  /** The next chunk waits while the outbox holds more rows. */
  full?: number;
}

/**
 * Publishes the events of a range again; a lost topic is rebuilt from Postgres in this way (docs/adr/0003). It takes whole streams and not only the events
 * of the range, because a consumer without marks needs seq 1 first. Each chunk is a transaction of its own and waits until the relay has
 * sent most of the chunks before. After a crash the caller repeats the request, and consumers drop the events they have.
 */
export async function republishRange(db: Database, range: RepublishRange, pace: RepublishPace = {}): Promise<number> {
  const { onChunk, tickets = TICKETS_AT_ONCE, full = FULL_OUTBOX } = pace;
  let last = { org: '', ticket_id: '00000000-0000-0000-0000-000000000000' };
  for (let events = 0; ;) {
    await untilRoom(db, full);
    const chunk = await db.one<typeof last & { events: number }>(QUEUE_CHUNK, [...paramsOf(range), last.org, last.ticket_id, tickets]);
    if (!chunk) return events;
    last = chunk;
    events += chunk.events;
    onChunk?.(events);
  }
}

/** Resolves when the outbox has room for another chunk. */
async function untilRoom(db: Queries, full: number): Promise<void> {
  while (((await db.one<{ n: number }>('select count(*) as n from (select 1 from outbox limit $1) o', [full + 1]))?.n ?? 0) > full) {
    await new Promise((wake) => void setTimeout(wake, POLL_MS).unref());
  }
}
