import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE } from '../home/home.js';
import { fetchKafka, java, KAFKA_VERSION } from './kafka.js';
import { freePort } from '../home/ports.js';

/** A broker of a spec: services use the listener CLIENTS, and whoever uses INTERNAL is its administrator. */
export interface SpecBroker {
  internal: string;
  controller: string;
  stop(): void;
}

const CLUSTER = 'MkU3OEVBNTcwNTJENDM2Qg';
const SETTINGS = [
  'controller.listener.names=CONTROLLER',
  'inter.broker.listener.name=INTERNAL',
  'auto.create.topics.enable=false',
  'offsets.topic.replication.factor=1',
  'offsets.topic.num.partitions=1',
  'group.initial.rebalance.delay.ms=0',
  'group.min.session.timeout.ms=3000',
];

/** Starts a broker in an empty folder. `clients` is the protocol and the address of its listener CLIENTS. */
export async function startSpecBroker(
  folder: string,
  clients: { protocol: string; address: string },
  settings: readonly string[],
  formatting: readonly string[] = [],
): Promise<SpecBroker> {
  const [internal, controller] = [`localhost:${await freePort(0)}`, `localhost:${await freePort(0)}`];
  const all = [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@${controller}`,
    `listeners=CLIENTS://${clients.address},INTERNAL://${internal},CONTROLLER://${controller}`,
    `advertised.listeners=CLIENTS://${clients.address},INTERNAL://${internal}`,
    `listener.security.protocol.map=CLIENTS:${clients.protocol},INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT`,
    ...settings,
  ];
  return { internal, controller, stop: await run(folder, all, formatting) };
}

/** Starts a second broker of the cluster in a folder of its own, which may be that of an earlier run. It has the listener INTERNAL only. */
export async function joinSpecBroker(folder: string, controller: string): Promise<SpecBroker> {
  const internal = `localhost:${await freePort(0)}`;
  const all = [
    'process.roles=broker',
    'node.id=2',
    `controller.quorum.voters=1@${controller}`,
    `listeners=INTERNAL://${internal}`,
    `advertised.listeners=INTERNAL://${internal}`,
    'listener.security.protocol.map=INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
  ];
  return { internal, controller, stop: await run(folder, all, []) };
}

async function run(folder: string, settings: readonly string[], formatting: readonly string[]): Promise<() => void> {
  await fetchKafka(() => undefined);
  const [properties, log4j] = [join(folder, 'server.properties'), join(folder, 'log4j2.properties')];
  writeFileSync(properties, [...SETTINGS, `log.dirs=${join(folder, 'data')}`, ...settings, ''].join('\n'));
  writeFileSync(log4j, 'rootLogger.level=off\n');
  const classPath = join(CACHE, `kafka-${KAFKA_VERSION}`, '*');
  const jvm = ['-Xmx256m', '-XX:TieredStopAtLevel=1', `-Dlog4j2.configurationFile=${log4j}`, '-cp', classPath];
  const format = [...jvm, 'kafka.tools.StorageTool', 'format', '--ignore-formatted', '-t', CLUSTER, '-c', properties, ...formatting];
  execFileSync(java(), format, { stdio: 'ignore' });
  const broker: ChildProcess = spawn(java(), [...jvm, 'kafka.Kafka', properties], { stdio: 'ignore' });
  return () => void broker.kill('SIGKILL');
}
