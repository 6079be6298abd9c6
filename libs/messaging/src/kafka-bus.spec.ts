import { testStack } from '@gongdan/testing';
import { busLaw } from './bus.suite.js';
import { KafkaBus } from './kafka-bus.js';

busLaw('Kafka', async () => new KafkaBus({ brokers: [testStack().kafka], clientId: 'law', partitions: 3, sessionTimeoutMs: 6_000 }));
