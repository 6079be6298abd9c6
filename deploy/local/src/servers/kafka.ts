import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Child, until } from '../processes/child.js';
import { CACHE, type Home, PROJECT } from '../home/home.js';

const run = promisify(execFile);
export const KAFKA_VERSION = '4.1.1';
const JARS = join(CACHE, `kafka-${KAFKA_VERSION}`);

export const java = (): string => (process.env['JAVA_HOME'] ? join(process.env['JAVA_HOME'], 'bin', 'java') : 'java');

/** Fetches the broker as Maven artifacts, once per checkout. The file `.complete` shows that the download was finished. */
export async function fetchKafka(detail: (text: string) => void): Promise<void> {
  const marker = join(JARS, '.complete');
  if (existsSync(marker)) return;
  detail(`Apache Kafka ${KAFKA_VERSION}, 43 MB of jars`);
  mkdirSync(JARS, { recursive: true });
  await run(
    'mvn',
    [
      '-q',
      '-B',
      '-f',
      join(PROJECT, 'deploy/local/kafka/pom.xml'),
      'dependency:copy-dependencies',
      `-DoutputDirectory=${JARS}`,
      '-DincludeScope=runtime',
    ],
    { maxBuffer: 16 * 1024 * 1024 },
  );
  writeFileSync(marker, KAFKA_VERSION);
}

/**
 * Starts one KRaft node that is broker and controller, and returns before it is ready, so that the caller can end it meanwhile. The settings and
 * JVM options are explained in docs/adr/0009.
 */
export async function startKafka(
  home: Home,
  port: number,
  controllerPort: number,
  onExit: (child: Child, how: string) => void,
): Promise<Child> {
  const dir = home.dir('kafka');
  mkdirSync(dir, { recursive: true });
  const properties = join(dir, 'server.properties');
  writeFileSync(
    properties,
    [
      'process.roles=broker,controller',
      'node.id=1',
      `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
      `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
      `advertised.listeners=PLAINTEXT://127.0.0.1:${port}`,
      'controller.listener.names=CONTROLLER',
      'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      `log.dirs=${join(dir, 'data')}`,
      'auto.create.topics.enable=false',
      'offsets.topic.replication.factor=1',
      'offsets.topic.num.partitions=8',
      'transaction.state.log.replication.factor=1',
      'transaction.state.log.min.isr=1',
      'share.coordinator.state.topic.replication.factor=1',
      'share.coordinator.state.topic.min.isr=1',
      'group.initial.rebalance.delay.ms=0',
      'group.min.session.timeout.ms=3000',
      // After kill -9 the controller waits until the session of the killed broker ends, 9 s by default.
      'broker.session.timeout.ms=3000',
      'broker.heartbeat.interval.ms=500',
      'message.max.bytes=4194304',
      'replica.fetch.max.bytes=4194304',
      'log.segment.bytes=67108864',
      '',
    ].join('\n'),
  );
  const log4j = join(dir, 'log4j2.properties');
  writeFileSync(
    log4j,
    'appender.out.type=Console\nappender.out.name=out\nappender.out.layout.type=PatternLayout\nappender.out.layout.pattern=%d %p %c %m%n\nrootLogger.level=warn\nrootLogger.appenderRef.out.ref=out\n',
  );
  const classPath = join(JARS, '*');
  if (!existsSync(join(dir, 'data', 'meta.properties'))) {
    const id = Buffer.from(home.secret('kafka-cluster', 16)).subarray(0, 16).toString('base64url');
    await run(java(), [
      '-cp',
      classPath,
      `-Dlog4j2.configurationFile=${log4j}`,
      'kafka.tools.StorageTool',
      'format',
      '-t',
      id,
      '-c',
      properties,
      '--ignore-formatted',
    ]);
  }
  const child = new Child(
    {
      name: 'kafka',
      command: java(),
      args: [
        '-Xmx256m',
        '-XX:+UseSerialGC',
        '-XX:TieredStopAtLevel=1',
        `-Dlog4j2.configurationFile=${log4j}`,
        '-cp',
        classPath,
        'kafka.Kafka',
        properties,
      ],
      log: home.log('kafka'),
      marker: properties,
    },
    onExit,
  );
  child.start();
  return child;
}

export function kafkaReady(port: number, child: Child): Promise<void> {
  return until(
    'Kafka',
    () => opens(port),
    60_000,
    () => child.alive,
  );
}

function opens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const done = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('connect', () => done(true)).once('error', () => done(false));
  });
}
