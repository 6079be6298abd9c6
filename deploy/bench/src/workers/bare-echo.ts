import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { messages } from '../sample.js';
import { onInput, reply } from './worker.js';

export interface EchoInput {
  brokers: string;
  topic: string;
  perSecond: number;
  seconds: number;
}

/** The floor of the latency: a message from kafkajs through the broker to kafkajs in one process, without a database at either end. */
onInput(async ({ brokers, topic, perSecond, seconds }: EchoInput) => {
  const kafka = new Kafka({ clientId: 'bench-echo', brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, idempotent: false });
  const consumer = kafka.consumer({ groupId: 'bench-echo', maxWaitTimeInMs: 1_000 });
  await Promise.all([producer.connect(), consumer.connect()]);
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const sent = new Map<string, number>();
  const times: number[] = [];
  let started = false;
  consumer.on(consumer.events.GROUP_JOIN, () => {
    // The event comes again after a rebalance.
    if (!started) void send();
    started = true;
  });
  await consumer.run({
    partitionsConsumedConcurrently: 3,
    eachBatch: async ({ batch }) => {
      for (const m of batch.messages) times.push(performance.now() - (sent.get(String(m.key)) ?? 0));
    },
  });

  async function send(): Promise<void> {
    const all = [...messages(perSecond * seconds, 'registrations')];
    const begin = performance.now();
    const running: Promise<unknown>[] = [];
    for (const [i, m] of all.entries()) {
      const wait = begin + (i * 1_000) / perSecond - performance.now();
      if (wait > 1) await new Promise((wake) => setTimeout(wake, wait));
      sent.set(m.key, performance.now());
      running.push(producer.send({ topic, acks: -1, messages: [m] }));
    }
    await Promise.all(running);
    while (times.length < all.length) await new Promise((wake) => setTimeout(wake, 20));
    reply({ times: times.slice(perSecond) });
  }
});
