import { addressOf, TICKETS } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { Kafka, logLevel } from 'kafkajs';

export interface TailFilter {
  ticket?: string | undefined;
  name?: string | undefined;
}

/**
 * Prints events as they are published: all events of one ticket from the beginning, or without a ticket the events behind the ends that the
 * partitions have now. The whole topic may hold years. Instants do not tell which events are new, because imports bring old ones and clocks are
 * shifted. Returns a function that ends it.
 */
export async function tail(
  brokers: readonly string[],
  filter: TailFilter,
  print: (line: string) => void,
  onFatal: (error: Error) => void,
): Promise<() => Promise<void>> {
  const kafka = new Kafka({ brokers: [...brokers], clientId: 'gongdan-tail', logLevel: logLevel.NOTHING, retry: { retries: 3 } });
  const topic = TICKETS.name;
  const admin = kafka.admin();
  await admin.connect();
  const ends = filter.ticket === undefined ? await admin.fetchTopicOffsets(topic) : [];
  await admin.disconnect();
  const next = new Map(ends.map(({ partition, high }) => [partition, high]));

  // Disconnecting waits for the fetch under way, which takes 5 s by default.
  const consumer = kafka.consumer({ groupId: `gongdan-tail-${newId()}`, maxWaitTimeInMs: 500, allowAutoTopicCreation: false });
  consumer.on('consumer.crash', ({ payload }) => void (!payload.restart && onFatal(payload.error)));
  // After a lost connection too: offsets are not committed, so the place is known here only.
  consumer.on('consumer.group_join', () => next.forEach((offset, partition) => consumer.seek({ topic, partition, offset })));
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    // The group is deleted when its only member leaves.
    autoCommit: false,
    eachMessage: async ({ partition, message }) => {
      next.set(partition, String(BigInt(message.offset) + 1n));
      const headers = Object.fromEntries(Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]));
      const a = addressOf(headers);
      if (!a || (filter.ticket !== undefined && a.ticketId !== filter.ticket) || (filter.name !== undefined && a.name !== filter.name))
        return;
      print(`${headers['ce_time']}  ${a.org}  ${a.ticketId}  #${a.seq}  ${a.name}  ${message.value?.toString('utf8').slice(0, 300)}`);
    },
  });
  return () => consumer.disconnect();
}
