import { createRequire } from 'node:module';
import { type TopicSpec } from '@gongdan/contracts';
import { type Admin, type Consumer as KafkaConsumer, type EachBatchPayload, Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import { type Bus, type BusMessage, type GroupLag, type Listener, type OutgoingMessage, type Subscription } from './bus.js';

export interface KafkaBusOptions {
  brokers: readonly string[];
  clientId: string;
  /** For topics that say 'configured'. */
  partitions: number;
  replication?: number;
  sessionTimeoutMs?: number;
  /** Partitions worked on at a time in one process. */
  concurrency?: number;
  log?: (level: 'error' | 'warn' | 'info', message: string, facts: Record<string, unknown>) => void;
}

interface RequestQueue {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

// kafkajs 2.2.4 re-arms a timer about every millisecond on every connection even with nothing pending: half of an idle service's CPU
// (20 % of a core for five services with it, 10 % without). Armed only while something waits, as its own comment says it should be.
const queue = (createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as { prototype: RequestQueue }).prototype;
queue.scheduleCheckPendingRequests = function (this: RequestQueue): void {
  if (this.throttleCheckTimeoutId || this.pending.length === 0) return;
  const wait = this.throttledUntil - Date.now();
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    },
    wait > 0 ? wait : 10,
  );
};

const CHUNK = 500;
const CHUNK_BYTES = 1_000_000;

/** kafkajs behind the port. Settings and their reasons: docs/adr/0001. */
export class KafkaBus implements Bus {
  private readonly kafka: Kafka;
  private producer: Promise<Producer> | undefined;
  private admin: Promise<Admin> | undefined;
  private readonly subscriptions = new Set<Subscription>();

  constructor(private readonly options: KafkaBusOptions) {
    this.kafka = new Kafka({
      clientId: options.clientId,
      brokers: [...options.brokers],
      connectionTimeout: 3_000,
      requestTimeout: 10_000,
      retry: { retries: 3, initialRetryTime: 200, maxRetryTime: 2_000 },
      logLevel: logLevel.WARN,
      logCreator:
        () =>
        ({ level, log }) => {
          const { message, ...facts } = log;
          options.log?.(level === logLevel.ERROR ? 'error' : level === logLevel.WARN ? 'warn' : 'info', message, facts);
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
            configEntries: [
              { name: 'max.message.bytes', value: '4194304' },
              ...(t.compacted ? [{ name: 'cleanup.policy', value: 'compact' }] : [{ name: 'retention.ms', value: '-1' }]),
            ],
          })),
        })
        // Another service was faster.
        .catch((error: unknown) => {
          if (!/already exists/i.test(String(error)) && !/TOPIC_ALREADY_EXISTS/.test(JSON.stringify(error))) throw error;
        });
    }
    const metadata = await admin.fetchTopicMetadata({ topics: topics.map((t) => t.name) });
    for (const t of topics) {
      const n = metadata.topics.find((m) => m.name === t.name)?.partitions.length;
      if (n !== count(t)) throw new Error(`topic ${t.name} has ${n} partitions, ${count(t)} expected: a changed count re-keys tickets`);
    }
  }

  async publish(topic: string, messages: readonly OutgoingMessage[]): Promise<void> {
    const producer = await this.connectedProducer();
    // A batch of one partition must stay under max.message.bytes; the relay cuts by bytes, so one request carries all.
    await producer.send({ topic, acks: -1, timeout: 10_000, messages: messages.map((m) => ({ key: m.key, value: m.value, headers: m.headers })) });
  }

  async subscribe(group: string, listener: Listener): Promise<Subscription> {
    const subscription = new KafkaSubscription(this.kafka, group, listener, this.options);
    this.subscriptions.add(subscription);
    await subscription.start();
    return subscription;
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

  async close(): Promise<void> {
    await Promise.all([...this.subscriptions].map((s) => s.stop()));
    await this.producer?.then((p) => p.disconnect()).catch(() => undefined);
    await this.admin?.then((a) => a.disconnect()).catch(() => undefined);
  }

  private connectedProducer(): Promise<Producer> {
    this.producer ??= (async () => {
      // idempotent: true can acknowledge a batch that is not in the log (docs/adr/0001): never.
      const producer = this.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, allowAutoTopicCreation: false, idempotent: false, maxInFlightRequests: 1 });
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

class KafkaSubscription implements Subscription {
  private consumer: KafkaConsumer | undefined;
  private member = false;
  private stopped = false;
  private rebuilding: Promise<void> | undefined;

  constructor(
    private readonly kafka: Kafka,
    private readonly group: string,
    private readonly listener: Listener,
    private readonly options: KafkaBusOptions,
  ) {}

  joined(): boolean {
    return this.member;
  }

  async start(): Promise<void> {
    const consumer = this.kafka.consumer({
      groupId: this.group,
      sessionTimeout: this.options.sessionTimeoutMs ?? 10_000,
      rebalanceTimeout: 20_000,
      heartbeatInterval: 1_000,
      maxWaitTimeInMs: 1_000,
      maxBytesPerPartition: 1_048_576,
      allowAutoTopicCreation: false,
      // A restart by kafkajs can leave a consumer that goes on after disconnect() (docs/adr/0001): we rebuild ourselves.
      retry: { retries: 5, restartOnFailure: async () => false },
    });
    this.consumer = consumer;
    consumer.on(consumer.events.GROUP_JOIN, () => (this.member = true));
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      this.member = false;
      if (!this.stopped && consumer === this.consumer) this.rebuild(payload.error);
    });
    await consumer.connect();
    // fromBeginning also decides what OFFSET_OUT_OF_RANGE falls back to: the default 'latest' would lose silently.
    await consumer.subscribe({ topics: [...this.listener.topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: this.options.concurrency ?? 3,
      eachBatch: (payload) => this.eachBatch(payload),
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.member = false;
    await this.rebuilding?.catch(() => undefined);
    await this.discard(this.consumer);
  }

  private async eachBatch({ batch, resolveOffset, heartbeat, commitOffsetsIfNecessary, uncommittedOffsets, isRunning, isStale }: EachBatchPayload): Promise<void> {
    const gone = () => !isRunning() || isStale() || this.stopped;
    let lastBeat = performance.now();
    const breathe = async (): Promise<void> => {
      if (gone()) throw new Error('the partition was taken away');
      if (performance.now() - lastBeat < 500) return;
      lastBeat = performance.now();
      await heartbeat();
    };
    const messages = batch.messages.map(
      (m): BusMessage => ({
        topic: batch.topic,
        partition: batch.partition,
        position: m.offset,
        key: m.key?.toString('utf8') ?? null,
        headers: textHeaders(m.headers),
        value: m.value,
      }),
    );
    for (const chunk of chunksOf(messages)) {
      if (!(await this.deliver(chunk, breathe, gone))) return;
      resolveOffset((chunk.at(-1) as BusMessage).position);
      await heartbeat();
      await commitOffsetsIfNecessary(uncommittedOffsets());
    }
  }

  /** Delivers until it is taken; waits in place with heartbeats while the environment is at fault. False when the partition is gone. */
  private async deliver(chunk: BusMessage[], breathe: () => Promise<void>, gone: () => boolean): Promise<boolean> {
    // The database work of one chunk may last longer than a heartbeat may be late.
    const pulse = setInterval(() => void breathe().catch(() => undefined), 1_000);
    try {
      for (let failures = 0; ; ) {
        if (gone()) return false;
        try {
          await this.listener.onBatch(chunk, breathe);
          return true;
        } catch (error) {
          if (gone()) return false;
          failures += 1;
          this.options.log?.('warn', 'the batch waits', { group: this.group, failures, error: error instanceof Error ? error.message : String(error) });
          const until = performance.now() + Math.min(30_000, 250 * 2 ** failures) * (0.5 + Math.random() / 2);
          while (performance.now() < until && !gone()) {
            await new Promise((wake) => setTimeout(wake, Math.min(250, until - performance.now())));
            await breathe();
          }
        }
      }
    } finally {
      clearInterval(pulse);
    }
  }

  // The broker went away, or this member was fenced: come back as a new member. Anything else is beyond repair.
  private rebuild(cause: Error): void {
    this.options.log?.('warn', 'the consumer crashed and is rebuilt', { group: this.group, error: cause.message });
    this.rebuilding = (async () => {
      await this.discard(this.consumer);
      for (let failures = 0; !this.stopped; failures++) {
        await new Promise((wake) => setTimeout(wake, Math.min(5_000, 200 * 2 ** failures) * (0.5 + Math.random() / 2)));
        if (this.stopped) return;
        try {
          await this.start();
          return;
        } catch (error) {
          await this.discard(this.consumer);
          if (failures > 0 && isBeyondRepair(error)) {
            this.listener.onFatal(error as Error);
            return;
          }
        }
      }
    })();
  }

  private async discard(consumer: KafkaConsumer | undefined): Promise<void> {
    if (!consumer) return;
    // disconnect() can hang while a join is pending (kafkajs #1571): it gets five seconds.
    await Promise.race([consumer.disconnect().catch(() => undefined), new Promise((wake) => setTimeout(wake, 5_000).unref())]);
  }
}

function isBeyondRepair(error: unknown): boolean {
  const e = error as { retriable?: boolean; name?: string };
  return e.retriable === false && !/Connection|Broker|NumberOfRetries|Timeout|Rebalanc|Coordinator/i.test(`${e.name} ${String(error)}`);
}

function textHeaders(headers: Record<string, Buffer | string | (Buffer | string)[] | undefined> | undefined): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined && name.length <= 64 && first.length <= 2_000) out[name] = first.toString('utf8');
  }
  return out;
}

function* chunksOf(messages: BusMessage[]): Generator<BusMessage[]> {
  let chunk: BusMessage[] = [];
  let bytes = 0;
  for (const m of messages) {
    const size = (m.value?.length ?? 0) + 600;
    if (chunk.length > 0 && (chunk.length >= CHUNK || bytes + size > CHUNK_BYTES)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(m);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}
