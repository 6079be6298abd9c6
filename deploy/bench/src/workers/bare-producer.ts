import { KafkaBus } from '@gongdan/messaging';
import { messages } from '../sample.js';
import { answer, whenAsked } from './worker.js';

export interface ProduceInput {
  brokers: string;
  topic: string;
  events: number;
  mix: 'journeys' | 'registrations';
}

/** The relay's floor, and what fills a topic: the same kind of message from memory, a thousand a request, one request in flight. */
whenAsked(async ({ brokers, topic, events, mix }: ProduceInput) => {
  const bus = new KafkaBus({ brokers: brokers.split(','), clientId: 'bench-producer', partitions: 12 });
  const all = [...messages(events, mix)];
  const begin = performance.now();
  for (let i = 0; i < all.length; i += 1_000) await bus.publish(topic, all.slice(i, i + 1_000));
  const ms = performance.now() - begin;
  answer({ ms, bytes: all.reduce((sum, m) => sum + (m.value?.length ?? 0), 0) });
});
