import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DIRECTORY, PACKS, REPUBLISH, TICKETS, TOPICS, WATERMARKS } from '@gongdan/contracts';
import { KafkaBus } from '@gongdan/messaging';
import { eventually } from '@gongdan/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, Kafka, logLevel, ResourcePatternTypes } from 'kafkajs';
import { PROJECT, SERVICES } from '../home/home.js';
import { freePort } from '../home/ports.js';
import { type SpecBroker, startSpecBroker } from './spec-broker.js';

type Row = [user: string, operation: string, resource: string, name: string];

/** The table of deploy/compose/kafka-users.sh, for one service each. */
function rightsOf(service: string): Row[] {
  const script = readFileSync(join(PROJECT, 'deploy/compose/kafka-users.sh'), 'utf8');
  const table = /<<'TABLE'\n(.*?)\nTABLE/s.exec(script)?.[1] ?? '';
  return table.split('\n').flatMap((line) => {
    const [user = '', operation = '', resource = '', name = ''] = line.split(/\s+/);
    if (user === 'own') return [[service, operation, resource, `${name}${service}*`] as Row];
    return user === 'every' || user === service ? [[service, operation, resource, name] as Row] : [];
  });
}

const constant = (name: string): string => name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();

describe('the rights of services in Kafka', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gongdan-rights-'));
  const open: KafkaBus[] = [];
  let broker: SpecBroker | undefined;
  let clients = 0;

  // The settings of docker-compose.yml, on free ports.
  beforeAll(async () => {
    clients = await freePort(0);
    broker = await startSpecBroker(
      folder,
      { protocol: 'SASL_PLAINTEXT', address: `127.0.0.1:${clients}` },
      [
        'sasl.enabled.mechanisms=SCRAM-SHA-512',
        'listener.name.clients.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;',
        'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users=User:ANONYMOUS',
      ],
      SERVICES.flatMap((service) => ['--add-scram', `SCRAM-SHA-512=[name=${service},password=of-${service}]`]),
    );
    const admin = new Kafka({
      brokers: [broker.internal],
      logLevel: logLevel.NOTHING,
      retry: { retries: 30, initialRetryTime: 300, maxRetryTime: 1_000 },
    }).admin();
    await admin.connect();
    const acl = SERVICES.flatMap(rightsOf).map(([user, operation, resource, name]) => ({
      principal: `User:${user}`,
      host: '*',
      permissionType: AclPermissionTypes.ALLOW,
      operation: AclOperationTypes[constant(operation) as 'READ'],
      resourceType: AclResourceTypes[constant(resource) as 'TOPIC'],
      resourceName: name.replace('*', ''),
      resourcePatternType: name.endsWith('*') ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
    }));
    await admin.createAcls({ acl });
    await admin.disconnect();
  }, 90_000);
  afterAll(async () => {
    await Promise.all(open.map((bus) => bus.close()));
    broker?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function busOf(username: string, password = `of-${username}`): KafkaBus {
    const sasl = { mechanism: 'scram-sha-512' as const, username, password };
    const bus = new KafkaBus({ brokers: [`127.0.0.1:${clients}`], clientId: username, partitions: 3, sasl });
    open.push(bus);
    return bus;
  }
  const message = [{ key: 'k', headers: {}, value: Buffer.from('{}') }];

  it('the rights in Kafka let each service create topics, read them in its own group and see its lag', async () => {
    for (const service of SERVICES) {
      const bus = busOf(service);
      await bus.ensureTopics(TOPICS);
      const read: string[] = [];
      const listener = {
        topics: [REPUBLISH.name],
        onBatch: async (m: { key: string | null }[]) => void read.push(...m.map((x) => String(x.key))),
        onFatal: () => undefined,
      };
      const subscription = await bus.subscribe(`gongdan-${service}`, listener);
      await bus.publish(REPUBLISH.name, [{ key: service, headers: {}, value: null }]);
      await eventually(() => expect(read).toContain(service));
      expect(await bus.lag(`gongdan-${service}`, [TICKETS.name])).toHaveLength(3);
      await subscription.stop();
    }
  }, 90_000);

  it('the rights in Kafka let a service write only where it publishes', async () => {
    const writers = {
      [TICKETS.name]: 'intake dispatch sla notify',
      [PACKS.name]: 'dispatch',
      [DIRECTORY.name]: 'dispatch',
      [WATERMARKS.name]: 'intake dispatch',
    };
    for (const service of SERVICES)
      for (const [topic, allowed] of Object.entries(writers)) {
        const publishing = busOf(service).publish(topic, message);
        if (allowed.split(' ').includes(service)) await publishing;
        else await expect(publishing).rejects.toThrow(/not authorized/i);
      }
  }, 60_000);

  it('the rights in Kafka keep a service out of the group of another, and out altogether without its password', async () => {
    // Reading the positions of a group needs the same right as joining it. kafkajs reports the missing right as a missing coordinator.
    await expect(busOf('sla').lag('gongdan-intake', [TICKETS.name])).rejects.toThrow(/group coordinator/);
    await expect(busOf('sla', 'guessed').publish(TICKETS.name, message)).rejects.toThrow(/authenticat/i);
  }, 60_000);
});
