import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE } from './home.js';
import { fetchKafka, java, KAFKA_VERSION } from './kafka.js';
import { freePort } from './ports.js';

/** A broker of a spec: services use the listener CLIENTS, and whoever uses INTERNAL is its administrator. */
export interface SpecBroker {
  internal: string;
  stop(): void;
}

/** Starts a broker in an empty folder. `clients` is the protocol and the address of its listener CLIENTS. */
export async function startSpecBroker(
  folder: string,
  clients: { protocol: string; address: string },
  settings: readonly string[],
  formatting: readonly string[] = [],
): Promise<SpecBroker> {
  await fetchKafka(() => undefined);
  const [internal, controller] = [`localhost:${await freePort(0)}`, `localhost:${await freePort(0)}`];
  const properties = join(folder, 'server.properties');
  writeFileSync(
    properties,
    [
      'process.roles=broker,controller',
      'node.id=1',
      `controller.quorum.voters=1@${controller}`,
      `listeners=CLIENTS://${clients.address},INTERNAL://${internal},CONTROLLER://${controller}`,
      `advertised.listeners=CLIENTS://${clients.address},INTERNAL://${internal}`,
      'controller.listener.names=CONTROLLER',
      'inter.broker.listener.name=INTERNAL',
      `listener.security.protocol.map=CLIENTS:${clients.protocol},INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT`,
      'auto.create.topics.enable=false',
      'offsets.topic.replication.factor=1',
      'offsets.topic.num.partitions=1',
      'group.initial.rebalance.delay.ms=0',
      'group.min.session.timeout.ms=3000',
      `log.dirs=${join(folder, 'data')}`,
      ...settings,
      '',
    ].join('\n'),
  );
  const log4j = join(folder, 'log4j2.properties');
  writeFileSync(log4j, 'rootLogger.level=off\n');
  const jvm = [
    '-Xmx256m',
    '-XX:TieredStopAtLevel=1',
    `-Dlog4j2.configurationFile=${log4j}`,
    '-cp',
    join(CACHE, `kafka-${KAFKA_VERSION}`, '*'),
  ];
  const id = 'MkU3OEVBNTcwNTJENDM2Qg';
  execFileSync(java(), [...jvm, 'kafka.tools.StorageTool', 'format', '-t', id, '-c', properties, ...formatting], { stdio: 'ignore' });
  const broker: ChildProcess = spawn(java(), [...jvm, 'kafka.Kafka', properties], { stdio: 'ignore' });
  return { internal, stop: () => void broker.kill('SIGKILL') };
}
