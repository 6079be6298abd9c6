import { type Database } from '@gongdan/platform';
import { z } from 'zod';
import { type BusMessage } from '../kafka/bus.js';
import { noteGap } from './gaps.js';
import { lockMarks, type Stream, streamKey } from './marks.js';

/** `ce_type` of a message that is no event: the last `seq`s a producer published in its partition. */
export const HEADS_TYPE = 'gongdan.heads';

const Heads = z.object({
  producer: z.string(),
  since: z.iso.datetime(),
  until: z.iso.datetime(),
  /** Organisation, ticket, last `seq`. */
  heads: z.array(z.tuple([z.string(), z.uuid(), z.number().int().positive()])).max(10_000),
});

/** Streams that recorded something between two instants, each with the last `seq` that the producer published. */
export type Heads = z.infer<typeof Heads>;

export const isHeads = (message: BusMessage): boolean => message.headers['ce_type'] === HEADS_TYPE;

/** Undefined for bytes that are no such statement. A statement is not an event, so nothing is parked. */
export function readHeads(message: BusMessage): Heads | undefined {
  try {
    return Heads.parse(JSON.parse(message.value?.toString('utf8') ?? ''));
  } catch {
    return undefined;
  }
}

// An event that is parked or waits was not lost. Without locks, because nearly always nothing is missing.
const BEHIND = `
  select h.org, h.ticket_id, h.seq from unnest($1::text[], $2::uuid[], $3::bigint[]) as h (org, ticket_id, seq)
  left join marks m on m.org = h.org and m.ticket_id = h.ticket_id and m.producer = $4
  where coalesce(m.last_seq, 0) < h.seq
    and not exists (select 1 from parked_events p where p.org = h.org and p.ticket_id = h.ticket_id and p.producer = $4 and p.seq >= h.seq)
    and not exists (select 1 from waiting_events w where w.org = h.org and w.ticket_id = h.ticket_id and w.producer = $4 and w.seq >= h.seq)`;

const REMEMBER = `
  insert into heads_checked as c (producer, partition, until, missing) values ($1, $2, $3, $4)
  on conflict (producer, partition) do update set until = greatest(c.until, excluded.until), missing = c.missing + excluded.missing`;

/**
 * Compares what a producer published with what was applied here. The statement follows its events in the partition, so a consumer that reads it
 * has read them. What is missing becomes a gap, and the producer is asked to publish it again. Returns the streams whose end is missing.
 */
export async function checkHeads(database: Database, statement: Heads, partition: number): Promise<Stream[]> {
  const { producer, heads, until } = statement;
  const behind = await database.rows<{ org: string; ticket_id: string; seq: number }>(BEHIND, [
    heads.map(([org]) => org),
    heads.map(([, ticketId]) => ticketId),
    heads.map(([, , seq]) => seq),
    producer,
  ]);
  return database.transaction(async (tx) => {
    const missing: Stream[] = [];
    const streams = behind.map((b) => ({ org: b.org, ticketId: b.ticket_id, producer, seq: b.seq }));
    const marks = await lockMarks(tx, streams);
    for (const stream of streams) {
      if ((marks.get(streamKey(stream))?.lastSeq ?? 0) >= stream.seq) continue;
      await noteGap(tx, stream, stream.seq);
      missing.push(stream);
    }
    await tx.run(REMEMBER, [producer, partition, until, missing.length]);
    return missing;
  });
}
