import { afterEach, describe, expect, it } from '@jest/globals';
import { newId } from '@gongdan/kernel';
import { testStack } from '@gongdan/testing';
import { Kafka, logLevel } from 'kafkajs';
import { busLaw } from './bus.suite.js';
import { KafkaBus, type KafkaBusOptions, WrongPartitionCount } from './kafka-bus.js';

busLaw('Kafka', async () => new KafkaBus({ brokers: [testStack().kafka], clientId: 'law', partitions: 3, sessionTimeoutMs: 6_000 }));

describe('a Kafka bus', () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  function connect(more: Partial<KafkaBusOptions> = {}): KafkaBus {
    const bus = new KafkaBus({ brokers: [testStack().kafka], clientId: 'spec', partitions: 2, ...more });
    closing.push(() => bus.close());
    return bus;
  }

  async function asAdmin(work: (admin: ReturnType<Kafka['admin']>) => Promise<unknown>): Promise<void> {
    const admin = new Kafka({ brokers: [testStack().kafka], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await work(admin).finally(() => void admin.disconnect());
  }

  it('sends nothing to a topic that was given more partitions since', async () => {
    const topic = { name: `spec-${newId()}`, partitions: 'configured' as const, compacted: false, meaning: 'grows' };
    closing.push(() => asAdmin((admin) => admin.deleteTopics({ topics: [topic.name] })));
    const bus = connect();
    await bus.ensureTopics([topic]);
    await asAdmin((admin) => admin.createPartitions({ topicPartitions: [{ topic: topic.name, count: 3 }] }));
    const message = { key: 'k', headers: {}, value: Buffer.from('x') };
    await expect(bus.publish(topic.name, [message])).rejects.toBeInstanceOf(WrongPartitionCount);
    await expect(connect().ensureTopics([topic])).rejects.toBeInstanceOf(WrongPartitionCount);
    await asAdmin(async (admin) => expect((await admin.fetchTopicOffsets(topic.name)).every((p) => p.high === '0')).toBe(true));
  });
});
