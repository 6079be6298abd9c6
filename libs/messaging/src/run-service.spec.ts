import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer } from 'node:net';
import { Module } from '@nestjs/common';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { TOPICS } from '@gongdan/contracts';
import { clockMigration, Database, serviceConfig, type ServiceDefinition } from '@gongdan/platform';
import { eventually, testDatabase, testStack } from '@gongdan/testing';
import { KafkaBus, WrongPartitionCount } from './kafka/kafka-bus.js';
import { messagingMigrations } from './migrations.js';
import { type RunningService, runService } from './run-service.js';

@Module({})
class NothingModule {}

const nothing = (name: 'intake' | 'sla'): ServiceDefinition => ({
  name,
  module: NothingModule,
  config: serviceConfig(name, {}),
  migrations: [],
});

describe('the start of a service', () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function ownDatabase(): Promise<string> {
    const database = await testDatabase([clockMigration, ...messagingMigrations], 'boot');
    closing.push(() => database.drop());
    return database.url;
  }

  async function start(
    env: Record<string, string>,
    onFatal: (error: Error) => void,
    name: 'intake' | 'sla' = 'sla',
  ): Promise<RunningService> {
    const settings = {
      GONGDAN_MODE: 'test',
      PORT: '0',
      [`${name.toUpperCase()}_DB_URL`]: env['DB'] ?? (await ownDatabase()),
      AUTH_JWKS: 'file:///dev/null',
      AUTH_ISSUER: 'x',
      AUTH_AUDIENCE: 'x',
      SEAL_KEY: Buffer.alloc(32, 7).toString('base64'),
      LOG_LEVEL: 'error',
      DRAIN_MS: '0',
      ...env,
    };
    const service = await runService(nothing(name), { env: settings, onFatal });
    closing.push(() => service.close());
    return service;
  }

  it('calls onFatal when a topic has another partition count', async () => {
    const bus = new KafkaBus({ brokers: [testStack().kafka], clientId: 'boot', partitions: 3 });
    closing.push(() => bus.close());
    await bus.ensureTopics(TOPICS);
    const fatal: Error[] = [];
    await start({ KAFKA_BROKERS: testStack().kafka, KAFKA_PARTITIONS: '24' }, (error) => fatal.push(error));
    await eventually(() => expect(fatal[0]).toBeInstanceOf(WrongPartitionCount));
  });

  it('serves HTTP, logs an error and says so in the metrics when Postgres does not track the transactions of its role', async () => {
    const url = new URL(await ownDatabase());
    const db = new Database({ url: url.toString(), poolSize: 2, applicationName: 'boot', migrations: [] });
    await db.connect();
    closing.push(() => db.close());
    const role = `blind_${randomBytes(5).toString('hex')}`;
    await db.run(`create role ${role} superuser login password 'blind'`);
    closing.push(async () => void (await db.run(`reassign owned by ${role} to current_user; drop role ${role}`)));
    await db.run(`alter role ${role} set track_activities = off`);
    url.username = role;
    url.password = 'blind';
    const env = { KAFKA_BROKERS: 'none:1', DB: url.toString() };
    const lines: string[] = [];
    const spy = jest.spyOn(process.stdout, 'write').mockImplementation(((line: string) => lines.push(line) > 0) as never);
    try {
      const service = await start(env, () => undefined, 'intake');
      expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
      expect(await (await fetch(`${service.url}/metrics`)).text()).toMatch(/gongdan_bus\{what="transactions_untracked",[^}]*\} 1\n/);
    } finally {
      spy.mockRestore();
    }
    expect(lines.filter((line) => line.includes('"level":"error"') && line.includes('track_activities is off'))).toHaveLength(1);
  });

  it('serves HTTP and is not ready while the broker is away', async () => {
    const fatal: Error[] = [];
    let connections = 0;
    const broken = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((listening) => broken.listen(0, '127.0.0.1', listening));
    closing.push(() => new Promise((closed) => void broken.close(() => closed())));
    const service = await start({ KAFKA_BROKERS: `127.0.0.1:${(broken.address() as AddressInfo).port}` }, (error) => fatal.push(error));
    // kafkajs connects four times before it reports an error: after the fifth connection the service has had one error and tries again.
    await eventually(() => expect(connections).toBeGreaterThan(4));
    expect(fatal).toEqual([]);
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
    expect(await (await fetch(`${service.url}/health/ready`)).json()).toMatchObject({ reasons: { bus: expect.any(String) } });
  }, 120_000);
});
