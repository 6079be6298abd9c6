import { withoutBeginnings } from './kafkajs-repairs.js';
import { type TopicSpec } from '@gongdan/contracts';
import { Unavailable } from '@gongdan/kernel';
import { type ConnectionOptions } from 'node:tls';
import { type Admin, Kafka, logLevel, type PartitionerArgs, type Producer, type SASLOptions } from 'kafkajs';
import { type Bus, type BusMessage, type GroupLag, type Listener, type OutgoingMessage, type Subscription } from './bus.js';
import { partitionOf, partitionOfKey } from './partitioner.js';
import { KafkaSubscription, type SubscriptionOptions } from './kafka-subscription.js';

export interface KafkaBusOptions extends SubscriptionOptions {
  brokers: readonly string[];
  clientId: string;
  /** The partition count of topics that are declared as 'configured'. */
  partitions: number;
  replication?: number;
  /** Encrypts the link; `true` trusts the authorities of the system. */
  tls?: true | ConnectionOptions;
  sasl?: SASLOptions;
  /** Receives the log lines of kafkajs. */
  onLogLine?: (level: 'error' | 'warn' | 'info', message: string, facts: Record<string, unknown>) => void;
}

/** A topic has another number of partitions than it was created with, so every key would move to another partition. Waiting does not help. */
export class WrongPartitionCount extends Error {
  constructor(topic: string, found: number, expected: number) {
    super(`topic ${topic} has ${found} partitions, ${expected} expected: a changed count re-keys tickets`);
  }
}

/** kafkajs behind the port. Settings and their reasons: docs/adr/0001. */
export class KafkaBus implements Bus {
  private readonly kafka: Kafka;
  private producer: Promise<Producer> | undefined;
  private admin: Promise<Admin> | undefined;
  private readonly subscriptions = new Set<KafkaSubscription>();
  /** The partition count of each topic, as ensureTopics verified it. */
  private readonly counts = new Map<string, number>();

  constructor(private readonly options: KafkaBusOptions) {
    this.kafka = new Kafka({
      clientId: options.clientId,
      brokers: [...options.brokers],
      ...(options.tls === undefined ? {} : { ssl: options.tls }),
      ...(options.sasl === undefined ? {} : { sasl: options.sasl }),
      connectionTimeout: 3_000,
      requestTimeout: 10_000,
      retry: { retries: 3, initialRetryTime: 200, maxRetryTime: 2_000 },
      logLevel: logLevel.WARN,
      logCreator:
        () =>
        ({ level, log }) => {
          const { message, ...facts } = log;
          options.onLogLine?.(level === logLevel.ERROR ? 'error' : level === logLevel.WARN ? 'warn' : 'info', message, facts);
        },
    });
  }

  async ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    const admin = await this.connectedAdmin();
    const known = new Set(await admin.listTopics());
    const count = (t: TopicSpec) => (t.partitions === 'configured' ? this.options.partitions : t.partitions);
    const missing = topics.filter((t) => !known.has(t.name));
    if (missing.length > 0) {
      await admin
        .createTopics({
          waitForLeaders: true,
          topics: missing.map((t) => ({
            topic: t.name,
            numPartitions: count(t),
            replicationFactor: this.options.replication ?? 1,
            configEntries: [{ name: 'max.message.bytes', value: '4194304' }, ...configOf(t)],
          })),
        })
        // Another service has created it meanwhile.
        .catch((error: unknown) => {
          if (!/already exists/i.test(String(error)) && !/TOPIC_ALREADY_EXISTS/.test(JSON.stringify(error))) throw error;
        });
    }
    const metadata = await admin.fetchTopicMetadata({ topics: topics.map((t) => t.name) });
    for (const t of topics) {
      const n = metadata.topics.find((m) => m.name === t.name)?.partitions.length;
      if (n === undefined) throw new Error(`topic ${t.name} is not known yet`);
      if (n !== count(t)) throw new WrongPartitionCount(t.name, n, count(t));
      this.counts.set(t.name, n);
    }
  }

  /** Throws WrongPartitionCount, with nothing sent, when the topic was changed since ensureTopics. */
  async publish(topic: string, messages: readonly OutgoingMessage[]): Promise<void> {
    const producer = await this.connectedProducer();
    // A batch of one partition must stay below max.message.bytes. The relay limits the bytes of a batch, so one request carries all of it.
    await producer.send({
      topic,
      acks: -1,
      timeout: 10_000,
      messages: messages.map((m) => ({
        key: m.key,
        value: m.value,
        headers: m.headers,
        ...(m.partition === undefined ? {} : { partition: m.partition }),
      })),
    });
  }

  subscribe(group: string, listener: Listener): Promise<Subscription> {
    return this.begin(new KafkaSubscription(this.kafka, group, listener, this.options));
  }

  tail(group: string, topic: string, take: (messages: BusMessage[]) => void): Promise<Subscription> {
    // Without a tail this process gets no watermarks and waits; that is no reason to end it.
    const listener: Listener = { topics: [topic], onBatch: async (messages) => take(messages), onFatal: () => undefined };
    return this.begin(new KafkaSubscription(this.kafka, group, listener, { ...this.options, everyMember: true }));
  }

  private async begin(subscription: KafkaSubscription): Promise<Subscription> {
    this.subscriptions.add(subscription);
    try {
      await subscription.start();
      return subscription;
    } catch (error) {
      // The caller retries, so nothing of this attempt may remain.
      this.subscriptions.delete(subscription);
      await subscription.stop();
      throw error;
    }
  }

  /** Monotonic ms of the last activity of the slowest consumer; undefined without one. */
  activeAt(): number | undefined {
    const turns = [...this.subscriptions].flatMap((s) => s.activeAt() ?? []);
    return turns.length === 0 ? undefined : Math.min(...turns);
  }

  async lag(group: string, topics: readonly string[]): Promise<GroupLag[]> {
    const admin = await this.connectedAdmin();
    const committed = await admin.fetchOffsets({ groupId: group, topics: [...topics] });
    const lags: GroupLag[] = [];
    for (const topic of topics) {
      const offsets = committed.find((c) => c.topic === topic)?.partitions ?? [];
      for (const end of await admin.fetchTopicOffsets(topic)) {
        const at = BigInt(offsets.find((p) => p.partition === end.partition)?.offset ?? '-1');
        lags.push({ topic, partition: end.partition, lag: Number(BigInt(end.high) - (at < 0n ? BigInt(end.low) : at)) });
      }
    }
    return lags;
  }

  // Not behind what was acknowledged, also after an election: a new leader that does not know yet how far the log was acknowledged answers with
  // an error (KIP-207), and so does a former leader. After an error the next query asks for the leaders first
  // (deploy/local/src/servers/kafka-leaders.spec.ts). A former leader that is cut off from the controller, and not from us, could still answer with an
  // older end.
  async ends(topic: string): Promise<number[]> {
    const admin = await this.connectedAdmin();
    const ends = await withoutBeginnings(() => admin.fetchTopicOffsets(topic));
    return byPartition(ends.map((p) => [p.partition, p.high]));
  }

  async committed(group: string, topic: string): Promise<number[]> {
    const admin = await this.connectedAdmin();
    const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    return byPartition((found?.partitions ?? []).map((p) => [p.partition, p.offset]));
  }

  partitionOf(topic: string, key: string): number {
    const count = this.counts.get(topic);
    if (count === undefined) throw new Unavailable('messaging/partitions-unknown', {}, `the partitions of ${topic} are not known yet`);
    return partitionOfKey(key, count);
  }

  async close(): Promise<void> {
    await Promise.all([...this.subscriptions].map((s) => s.stop()));
    await this.producer?.then((p) => p.disconnect()).catch(() => undefined);
    await this.admin?.then((a) => a.disconnect()).catch(() => undefined);
  }

  // kafkajs follows the broker's metadata of a topic. The count is checked for every record, so that none is published to a wrong partition.
  private placeOf(at: PartitionerArgs): number {
    const expected = this.counts.get(at.topic) ?? at.partitionMetadata.length;
    if (at.partitionMetadata.length !== expected) throw new WrongPartitionCount(at.topic, at.partitionMetadata.length, expected);
    return at.message.partition ?? partitionOf(at);
  }

  private connectedProducer(): Promise<Producer> {
    this.producer ??= (async () => {
      // idempotent: true can acknowledge a batch that is not in the log (docs/adr/0001): never.
      const producer = this.kafka.producer({
        createPartitioner: () => (at: PartitionerArgs) => this.placeOf(at),
        allowAutoTopicCreation: false,
        idempotent: false,
        maxInFlightRequests: 1,
      });
      await producer.connect();
      return producer;
    })();
    this.producer.catch(() => (this.producer = undefined));
    return this.producer;
  }

  private connectedAdmin(): Promise<Admin> {
    this.admin ??= (async () => {
      const admin = this.kafka.admin();
      await admin.connect();
      return admin;
    })();
    this.admin.catch(() => (this.admin = undefined));
    return this.admin;
  }
}

function configOf(topic: TopicSpec): { name: string; value: string }[] {
  if (topic.compacted) return [{ name: 'cleanup.policy', value: 'compact' }];
  if (topic.retentionMs === undefined) return [{ name: 'retention.ms', value: '-1' }];
  // Only closed segments are deleted; by default one closes after a week.
  return ['retention.ms', 'segment.ms'].map((name) => ({ name, value: String(topic.retentionMs) }));
}

/** Kafka's -1, no position, is 0. */
function byPartition(offsets: readonly [partition: number, offset: string][]): number[] {
  const list: number[] = Array.from({ length: offsets.length }, () => 0);
  for (const [partition, offset] of offsets) list[partition] = Math.max(0, Number(offset));
  return list;
}
