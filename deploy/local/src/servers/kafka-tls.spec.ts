import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { TOPICS } from '@gongdan/contracts';
import { KafkaBus } from '@gongdan/messaging';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, type TestDatabase, testDatabase } from '@gongdan/testing';
import { PROJECT } from '../home/home.js';
import { java } from './kafka.js';
import { freePort } from '../home/ports.js';
import { withoutSettings } from '../stack/service-env.js';
import { type SpecBroker, startSpecBroker } from './spec-broker.js';

const PASSWORD = 'of-the-spec';

describe('TLS to Kafka', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gongdan-kafka-tls-'));
  const open: KafkaBus[] = [];
  let broker: SpecBroker | undefined;
  let port = 0;
  let service: ChildProcess | undefined;
  let database: TestDatabase | undefined;

  const keytool = (...args: string[]): void => {
    const command = dirname(java()) === '.' ? 'keytool' : join(dirname(java()), 'keytool');
    execFileSync(command, [...args, '-storepass', PASSWORD], { stdio: 'ignore' });
  };
  /** A self-signed certificate for `localhost`, and its PEM file: each such certificate is an authority of its own. */
  function certificate(name: string): { store: string; pem: string } {
    const [store, pem] = [join(folder, `${name}.p12`), join(folder, `${name}.pem`)];
    const about = ['-dname', `CN=${name}`, '-ext', 'san=dns:localhost', '-validity', '2'];
    keytool('-genkeypair', '-alias', name, '-keyalg', 'EC', '-storetype', 'PKCS12', '-keystore', store, ...about);
    keytool('-exportcert', '-rfc', '-alias', name, '-keystore', store, '-file', pem);
    return { store, pem };
  }
  let own: { store: string; pem: string };
  let foreign: { store: string; pem: string };
  beforeAll(async () => {
    own = certificate('broker');
    foreign = certificate('somebody-else');
    port = await freePort(0);
    broker = await startSpecBroker(folder, { protocol: 'SSL', address: `localhost:${port}` }, [
      'ssl.keystore.type=PKCS12',
      `ssl.keystore.location=${own.store}`,
      `ssl.keystore.password=${PASSWORD}`,
      `ssl.key.password=${PASSWORD}`,
    ]);
    // The first client waits until the broker answers.
    const first = busTo(`localhost:${port}`, own.pem);
    await eventually(() => first.ensureTopics(TOPICS), 60_000);
  }, 90_000);
  afterAll(async () => {
    if (service?.exitCode === null) {
      service.kill('SIGKILL');
      await new Promise((ended) => service?.once('exit', ended));
    }
    await Promise.all(open.map((bus) => bus.close()));
    broker?.stop();
    await database?.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  function busTo(address: string, caFile: string | undefined): KafkaBus {
    const tls = caFile === undefined ? true : { ca: readFileSync(caFile) };
    const bus = new KafkaBus({ brokers: [address], clientId: 'kafka-tls', partitions: 3, tls });
    open.push(bus);
    return bus;
  }

  it('carries a service that has KAFKA_TLS and the certificate of its authority in KAFKA_TLS_CA', async () => {
    database = await testDatabase([], 'kafka_tls');
    const [jwks, http] = [join(folder, 'jwks.json'), await freePort(0)];
    writeFileSync(jwks, '{"keys":[]}');
    service = spawn(process.execPath, [join(PROJECT, 'services/sla/dist/src/main.js')], {
      stdio: 'ignore',
      env: {
        ...withoutSettings(process.env),
        GONGDAN_MODE: 'test',
        PORT: String(http),
        SLA_DB_URL: database.url,
        KAFKA_BROKERS: `localhost:${port}`,
        KAFKA_PARTITIONS: '3',
        KAFKA_TLS: 'true',
        KAFKA_TLS_CA: own.pem,
        AUTH_JWKS: jwks,
        AUTH_ISSUER: 'spec',
        AUTH_AUDIENCE: 'spec',
        SEAL_KEY: randomBytes(32).toString('base64'),
      },
    });
    // Ready means that it has joined its group.
    const ready = `http://127.0.0.1:${http}/health/ready`;
    await eventually(async () => expect((await fetch(ready)).status).toBe(200), 60_000);
  }, 90_000);

  it.each([
    ['that an unknown authority signed', () => busTo(`localhost:${port}`, foreign.pem), /self-signed certificate|unable to verify/],
    ['that no authority of the system signed', () => busTo(`localhost:${port}`, undefined), /self-signed certificate|unable to verify/],
    ['for another host name', () => busTo(`127.0.0.1:${port}`, own.pem), /does not match certificate|altnames/i],
  ])(
    'refuses a broker with a certificate %s',
    async (_, connecting, reason) => {
      await expect(connecting().publish(TOPICS[0]?.name ?? '', [{ key: 'k', headers: {}, value: null }])).rejects.toThrow(reason);
    },
    60_000,
  );

  it('refuses a client that speaks in clear text', async () => {
    const bus = new KafkaBus({ brokers: [`localhost:${port}`], clientId: 'kafka-tls', partitions: 3 });
    open.push(bus);
    await expect(bus.publish(TOPICS[0]?.name ?? '', [{ key: 'k', headers: {}, value: null }])).rejects.toThrow();
  }, 60_000);
});
