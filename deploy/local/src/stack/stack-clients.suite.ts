import { existsSync, readFileSync } from 'node:fs';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { createClient } from 'redis';

export async function sql<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

/** Of the messages that must survive. */
const TOPIC = 'kept';
export const kafka = (brokers: string): Kafka => new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING });

export async function publish(brokers: string, text: string): Promise<void> {
  const [admin, producer] = [kafka(brokers).admin(), kafka(brokers).producer()];
  await Promise.all([admin.connect(), producer.connect()]);
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 1 }], waitForLeaders: true });
  await producer.send({ topic: TOPIC, acks: -1, messages: [{ value: text }] });
  await Promise.all([admin.disconnect(), producer.disconnect()]);
}

export async function countPublished(brokers: string): Promise<number> {
  const admin = kafka(brokers).admin();
  await admin.connect();
  try {
    return (await admin.fetchTopicOffsets(TOPIC)).reduce((sum, p) => sum + Number(p.high), 0);
  } finally {
    await admin.disconnect();
  }
}

export async function ping(url: string): Promise<string> {
  const client = createClient({ url, socket: { reconnectStrategy: false } });
  client.on('error', () => undefined);
  await client.connect();
  const answer = await client.ping();
  client.destroy();
  return answer;
}

export function isRunning(pid: number | undefined): boolean {
  try {
    process.kill(pid ?? 0, 0);
    return pid !== undefined && !isZombie(pid);
  } catch {
    return false;
  }
}

// A process that ended keeps its pid until its parent has waited for it. Process 1, which inherits the orphans of a killed run, may take its time.
function isZombie(pid: number): boolean {
  const file = `/proc/${pid}/stat`;
  return existsSync(file) && readFileSync(file, 'utf8').split(') ').at(-1)?.startsWith('Z') === true;
}
