import { EventSigner, KafkaBus, type OutgoingMessage } from '@gongdan/messaging';
import { parseSigningKey } from '@gongdan/platform';
import { messages, type Sampled } from '../sample.js';
import { onInput, reply } from './worker.js';

export interface ProduceInput {
  brokers: string;
  topic: string;
  events: number;
  mix: 'journeys' | 'registrations';
  of?: Sampled;
  /** EVENT_SIGNING_KEY by producer: a service under measurement accepts signed messages only. */
  keys?: Record<string, string>;
}

/** Publishes messages from memory, a thousand per request and one request in flight. This is the floor of the relay, and it fills the topic for the consumer. */
onInput(async ({ brokers, topic, events, mix, of, keys }: ProduceInput) => {
  const bus = new KafkaBus({ brokers: brokers.split(','), clientId: 'bench-producer', partitions: 12 });
  const plain = [...messages(events, mix, of)];
  const all = keys ? signed(plain, topic, keys) : plain;
  const begin = performance.now();
  for (let i = 0; i < all.length; i += 1_000) await bus.publish(topic, all.slice(i, i + 1_000));
  const ms = performance.now() - begin;
  reply({ ms, bytes: all.reduce((sum, m) => sum + (m.value?.length ?? 0), 0) });
});

/** The same messages in the same order, each signed by its producer. */
function signed(all: OutgoingMessage[], topic: string, keys: Record<string, string>): OutgoingMessage[] {
  const producerOf = (m: OutgoingMessage): string => (m.headers['ce_source'] ?? '').replace('/gongdan/', '');
  const done = new Map<string, OutgoingMessage[]>();
  for (const [producer, key] of Object.entries(keys))
    done.set(
      producer,
      new EventSigner(parseSigningKey(key)).sign(
        topic,
        all.filter((m) => producerOf(m) === producer),
      ),
    );
  return all.map((m) => done.get(producerOf(m))?.shift() ?? m);
}
