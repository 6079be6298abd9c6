import { eventSigningKey, type Stack } from 'gongdan';
import { runWorker } from '../bench.js';
import { TICKETS_TOPIC } from '../sample.js';
import { type ProduceInput } from '../workers/bare-producer.js';

/** Publishes registrations in the name of intake, which a benchmark of dispatch has stopped. */
export async function register(stack: Stack, of: { packVersion: number; content: object }, events: number): Promise<void> {
  const input: ProduceInput = {
    brokers: stack.kafka,
    topic: TICKETS_TOPIC,
    events,
    mix: 'registrations',
    of: { org: 'demo', ...of },
    keys: { intake: eventSigningKey(stack.home, 'intake') },
  };
  await runWorker('bare-producer', input);
}
