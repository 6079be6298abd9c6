import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { newId } from '@gongdan/kernel';
import { eventually, testStack } from '@gongdan/testing';
import { Kafka, KafkaJSProtocolError, logLevel } from 'kafkajs';
import { busSuite } from './bus.suite.js';
import { KafkaBus, type KafkaBusOptions, WrongPartitionCount } from './kafka-bus.js';
import { withoutBeginnings } from './kafkajs-repairs.js';
import { watermarkSuite } from './watermark.suite.js';

const Broker = createRequire(import.meta.url)('kafkajs/src/broker/index.js') as { prototype: { listOffsets(): Promise<unknown> } };

busSuite(
  'Kafka',
  async () => new KafkaBus({ brokers: [testStack().kafka], clientId: 'bus-suite', partitions: 3, sessionTimeoutMs: 6_000 }),
);

watermarkSuite(
  'Kafka',
  async () => new KafkaBus({ brokers: [testStack().kafka], clientId: 'bus-suite', partitions: 3, sessionTimeoutMs: 6_000 }),
);

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

  it('publishes nothing to a topic whose partition count has changed since', async () => {
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

  async function topicWithRecord(): Promise<{ topic: string; bus: KafkaBus }> {
    const topic = { name: `spec-${newId()}`, partitions: 'configured' as const, compacted: false, meaning: 'one record' };
    closing.push(() => asAdmin((admin) => admin.deleteTopics({ topics: [topic.name] })));
    const bus = connect();
    await bus.ensureTopics([topic]);
    await bus.publish(topic.name, [{ key: 'k', headers: {}, value: Buffer.from('x') }]);
    return { topic: topic.name, bus };
  }

  type Offsets = Awaited<ReturnType<ReturnType<Kafka['admin']>['fetchTopicOffsets']>>;

  /** Queries the ends with an admin client that has done so before, and lists the requests that it sends from then on. */
  async function askingEnds(topic: string, work: (ends: () => Promise<Offsets>, requests: string[]) => Promise<void>): Promise<void> {
    await asAdmin(async (admin) => {
      const ends = () => withoutBeginnings(() => admin.fetchTopicOffsets(topic));
      await ends();
      const requests: string[] = [];
      admin.on(admin.events.REQUEST, ({ payload }) => requests.push(payload.apiName));
      await work(ends, requests);
    });
  }

  it('reads the ends of a topic with one request, which the watermarks need twice a second', async () => {
    const { topic, bus } = await topicWithRecord();
    expect((await bus.ends(topic)).reduce((sum, end) => sum + end, 0)).toBe(1);
    await askingEnds(topic, async (ends, requests) => {
      expect((await ends()).map((p) => p.high).sort()).toEqual(['0', '1']);
      expect(requests).toEqual(['ListOffsets']);
    });
  });

  it('asks for the leaders again when five seconds have passed, also after the clock of the machine was set back', async () => {
    const { topic } = await topicWithRecord();
    await askingEnds(topic, async (ends, requests) => {
      const [wallClock, monotonic] = [Date.now.bind(Date), performance.now.bind(performance)];
      const clocks = [
        jest.spyOn(Date, 'now').mockImplementation(() => wallClock() - 3_600_000),
        jest.spyOn(performance, 'now').mockImplementation(() => monotonic() + 5_001),
      ];
      await ends().finally(() => clocks.forEach((clock) => clock.mockRestore()));
      expect(requests).toEqual(['Metadata', 'ListOffsets']);
    });
  });

  it('asks for the leaders again after a broker has refused a query because it no longer leads the partition', async () => {
    const { topic } = await topicWithRecord();
    await askingEnds(topic, async (ends, requests) => {
      const refused = new KafkaJSProtocolError(Object.assign(new Error('not the leader'), { type: 'NOT_LEADER_FOR_PARTITION', code: 6 }));
      const former = jest.spyOn(Broker.prototype, 'listOffsets').mockRejectedValueOnce(refused);
      await expect(ends()).rejects.toThrow('not the leader');
      former.mockRestore();
      expect(await ends()).toHaveLength(2);
      expect(requests).toEqual(['Metadata', 'ListOffsets']);
    });
  });

  it('reports a fatal error when the group refuses the member for good', async () => {
    const { topic } = await topicWithRecord();
    const errors: Record<string, string[]> = { first: [], second: [] };
    // The broker refuses such a session time-out at the join, as it refuses a member without the right to the group.
    const join = (name: string) =>
      connect({ sessionTimeoutMs: 2_000 }).subscribe(`spec-${newId()}`, {
        topics: [topic],
        onBatch: async () => undefined,
        onFatal: (error) => errors[name]?.push(String(error)),
      });
    await join('first');
    await eventually(() => expect(errors['first']).toEqual([expect.stringContaining('session timeout')]));
    // When a second consumer has crashed once as well, the first one has still not retried.
    await join('second');
    await eventually(() => expect(errors['second']).toHaveLength(1));
    expect(errors['first']).toHaveLength(1);
  });

  it('logs why a batch waits, once per reason, and counts as active meanwhile', async () => {
    const { topic } = await topicWithRecord();
    const lines: unknown[] = [];
    const bus = connect({ warn: (message, facts) => lines.push({ message, error: facts['error'] }) });
    let tries = 0;
    await bus.subscribe(`spec-${newId()}`, {
      topics: [topic],
      onBatch: async () => {
        tries += 1;
        throw tries < 3
          ? new AggregateError([], '', { cause: Object.assign(new Error(''), { code: 'ECONNREFUSED' }) })
          : new Error('a pack is missing');
      },
      onFatal: () => undefined,
    });
    await eventually(() => expect(tries).toBeGreaterThan(3), 100_000);
    expect(lines).toEqual([
      { message: 'the batch waits', error: 'ECONNREFUSED' },
      { message: 'the batch waits', error: 'a pack is missing' },
    ]);
    expect(performance.now() - (bus.activeAt() ?? 0)).toBeLessThan(10_000);
  }, 120_000);

  it('comes back as the same member when its client crashed without leaving the group', async () => {
    const { topic, bus } = await topicWithRecord();
    const group = `spec-${newId()}`;
    const taken: string[] = [];
    const subscription = await bus.subscribe(group, {
      topics: [topic],
      onBatch: async (messages) => void taken.push(...messages.map((m) => m.position)),
      onFatal: () => undefined,
    });
    await eventually(() => expect(taken).toContain('0'));
    const members = async (): Promise<string[]> => {
      let ids: string[] = [];
      await asAdmin(async (admin) => {
        ids = (await admin.describeGroups([group])).groups.flatMap((g) => g.members.map((m) => m.memberId));
      });
      return ids;
    };
    const before = await members();
    // As after a crash of the broker, the client is dropped and cannot leave the group.
    const inside = subscription as unknown as { consumer: { disconnect(): Promise<void> }; rebuild(cause: Error): void };
    const crashed = inside.consumer;
    const disconnect = crashed.disconnect.bind(crashed);
    crashed.disconnect = async () => undefined;
    closing.push(disconnect);
    inside.rebuild(new Error('the broker went away'));
    await eventually(() => expect(inside.consumer).not.toBe(crashed));
    await eventually(async () => expect(await members()).toEqual(before));
    await bus.publish(topic, [{ key: 'k', headers: {}, value: Buffer.from('y') }]);
    await eventually(() => expect(taken.length).toBeGreaterThan(1));
    expect(await members()).toEqual(before);
  }, 120_000);
});
