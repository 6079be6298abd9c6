import { addressOf, TICKETS } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { Kafka, logLevel } from 'kafkajs';

export interface Wanted {
  ticket?: string | undefined;
  name?: string | undefined;
}

/**
 * Tells events as they pass on the topic. Of one ticket everything; else what lies behind the ends the partitions have now: the whole topic
 * may be years, and by their instants new events cannot be known, since imports bring old ones and clocks are shifted.
 */
export async function tail(
  brokers: readonly string[],
  wanted: Wanted,
  tell: (line: string) => void,
  onFatal: (error: Error) => void,
): Promise<() => Promise<void>> {
  const kafka = new Kafka({ brokers: [...brokers], clientId: 'gongdan-tail', logLevel: logLevel.NOTHING, retry: { retries: 3 } });
  const topic = TICKETS.name;
  const admin = kafka.admin();
  await admin.connect();
  const ends = wanted.ticket === undefined ? await admin.fetchTopicOffsets(topic) : [];
  await admin.disconnect();
  const next = new Map(ends.map(({ partition, high }) => [partition, high]));

  // To leave waits for the fetch under way: 5 s by default.
  const consumer = kafka.consumer({ groupId: `gongdan-tail-${newId()}`, maxWaitTimeInMs: 500, allowAutoTopicCreation: false });
  consumer.on('consumer.crash', ({ payload }) => void (!payload.restart && onFatal(payload.error)));
  // Also after a break: nothing is committed, so only we know where we were.
  consumer.on('consumer.group_join', () => next.forEach((offset, partition) => consumer.seek({ topic, partition, offset })));
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    // The group is gone when it leaves.
    autoCommit: false,
    eachMessage: async ({ partition, message }) => {
      next.set(partition, String(BigInt(message.offset) + 1n));
      const headers = Object.fromEntries(Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]));
      const a = addressOf(headers);
      if (!a || (wanted.ticket !== undefined && a.ticketId !== wanted.ticket) || (wanted.name !== undefined && a.name !== wanted.name))
        return;
      tell(`${headers['ce_time']}  ${a.org}  ${a.ticketId}  #${a.seq}  ${a.name}  ${message.value?.toString('utf8').slice(0, 300)}`);
    },
  });
  return () => consumer.disconnect();
}
