import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaBus } from '@gongdan/messaging';
import { eventually } from '@gongdan/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { freePort } from '../home/ports.js';
import { joinSpecBroker, type SpecBroker, startSpecBroker } from './spec-broker.js';

describe('a partition whose leader changes', () => {
  const folders = [1, 2].map((n) => mkdtempSync(join(tmpdir(), `gongdan-leaders-${n}-`)));
  const brokers: SpecBroker[] = [];
  let admin: Admin;
  let bus: KafkaBus;

  beforeAll(async () => {
    const [first = '', second = ''] = folders;
    brokers.push(
      await startSpecBroker(first, { protocol: 'PLAINTEXT', address: `localhost:${await freePort(0)}` }, [
        'leader.imbalance.check.interval.seconds=1',
        'leader.imbalance.per.broker.percentage=0',
      ]),
    );
    brokers.push(await joinSpecBroker(second, brokers[0]?.controller ?? ''));
    const retry = { retries: 30, initialRetryTime: 300, maxRetryTime: 1_000 };
    admin = new Kafka({ brokers: [brokers[0]?.internal ?? ''], logLevel: logLevel.NOTHING, retry }).admin();
    await admin.connect();
    await eventually(async () => expect((await admin.describeCluster()).brokers).toHaveLength(2), 60_000);
    await admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic: 'moving', replicaAssignment: [{ partition: 0, replicas: [2, 1] }] }],
    });
    bus = new KafkaBus({ brokers: [brokers[0]?.internal ?? ''], clientId: 'leaders', partitions: 1 });
  }, 90_000);
  afterAll(async () => {
    await bus.close();
    await admin.disconnect();
    for (const broker of brokers) broker.stop();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  // Watermarks rely on it. A client that kept the former leader in its cache (five minutes by default in kafkajs) would state nothing for as long.
  it('has its end read from the new leader soon, and never less than what was acknowledged', async () => {
    await bus.publish('moving', [{ key: 'k', headers: {}, value: null }]);
    expect(await bus.ends('moving')).toEqual([1]);
    const ledBy = (id: number) =>
      eventually(async () => {
        const { topics } = await admin.fetchTopicMetadata({ topics: ['moving'] });
        expect(topics[0]?.partitions[0]).toMatchObject({ leader: id });
      }, 100_000);
    const known = async (): Promise<void> => {
      await eventually(async () => expect(await bus.ends('moving')).toEqual([1]));
      await eventually(async () => expect((await bus.lag('nobody', ['moving']))[0]?.lag).toBe(1));
    };
    await ledBy(2);
    brokers[1]?.stop();
    await ledBy(1);
    await known();
    // The former leader comes back and leads again, while the other one is still there to be asked.
    brokers.push(await joinSpecBroker(folders[1] ?? '', brokers[0]?.controller ?? ''));
    await ledBy(2);
    await known();
  }, 90_000);
});
