import { generateKeyPairSync } from 'node:crypto';
import { EventSigner, KafkaBus, Relay } from '@gongdan/messaging';
import { Database } from '@gongdan/platform';
import { onInput, reply } from './worker.js';

export interface RelayInput {
  url: string;
  brokers: string;
  events: number;
}

/** Runs one relay as a service does and replies when it has published all events. */
onInput(async ({ url, brokers, events }: RelayInput) => {
  const database = new Database({ url, poolSize: 4, applicationName: 'bench-relay', migrations: [] });
  await database.connect();
  await database.ping();
  const bus = new KafkaBus({ brokers: brokers.split(','), clientId: 'bench-relay', partitions: 12 });
  let sent = 0;
  const cpu = process.cpuUsage();
  const begin = performance.now();
  const relay: Relay = new Relay({
    database,
    bus,
    producer: 'intake',
    signer: new EventSigner({ id: 'bench', key: generateKeyPairSync('ed25519').privateKey }),
    onSent: (count) => {
      sent += count;
      if (sent < events) return;
      const ms = performance.now() - begin;
      const { user, system } = process.cpuUsage(cpu);
      reply({ ms, cpuMs: (user + system) / 1_000 });
    },
    onError: (error) => {
      console.error(error);
      process.exit(1);
    },
  });
  relay.start();
});
