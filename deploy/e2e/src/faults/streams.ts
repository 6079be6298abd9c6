import { expect } from '@jest/globals';
import { addressOf, TICKETS } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { type BusMessage, KafkaBus } from '@gongdan/messaging';
import { eventually } from '@gongdan/testing';
import { ORG } from './load.js';

/** One recorded event as the topic holds it. */
export interface Recorded {
  id: string;
  name: string;
  seq: number;
  text: string;
  data: Record<string, unknown>;
}

/** Streams by `producer ticket`, each in order. */
export type Streams = Map<string, Recorded[]>;

/** The whole topic, partition by partition, in order. */
async function readTopic(brokers: string): Promise<BusMessage[]> {
  const bus = new KafkaBus({ brokers: [brokers], clientId: 'auditor', partitions: 12, sessionTimeoutMs: 6_000 });
  const group = `audit-${newId()}`;
  const messages: BusMessage[] = [];
  const subscription = await bus.subscribe(group, {
    topics: [TICKETS.name],
    onBatch: async (batch) => void messages.push(...batch),
    onFatal: () => undefined,
  });
  await eventually(async () => expect((await bus.lag(group, [TICKETS.name])).reduce((sum, l) => sum + l.lag, 0)).toBe(0), 300_000);
  await subscription.stop();
  await bus.close();
  return messages.sort((a, b) => a.partition - b.partition || Number(BigInt(a.position) - BigInt(b.position)));
}

/** Reads the topic into streams. Fails when a stream has a gap or goes back, or when a repeated event differs in one byte from the first copy. */
export async function readStreams(brokers: string): Promise<{ streams: Streams; repeated: number }> {
  const streams: Streams = new Map();
  let repeated = 0;
  for (const m of await readTopic(brokers)) {
    const a = addressOf(m.headers);
    if (!a || a.org !== ORG) continue;
    const key = `${a.producer} ${a.ticketId}`;
    const stream = streams.get(key) ?? [];
    streams.set(key, stream);
    const text = m.value?.toString('utf8') ?? '';
    const known = stream[a.seq - 1];
    if (known !== undefined) {
      repeated += 1;
      expect({ key, seq: a.seq, id: a.id, text }).toEqual({ key, seq: a.seq, id: known.id, text: known.text });
      continue;
    }
    expect({ key, seq: a.seq }).toEqual({ key, seq: stream.length + 1 });
    stream.push({ id: a.id, name: a.name, seq: a.seq, text, data: JSON.parse(text) as Record<string, unknown> });
  }
  return { streams, repeated };
}
