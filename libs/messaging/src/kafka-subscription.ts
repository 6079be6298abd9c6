import { type Consumer as KafkaConsumer, type EachBatchPayload, type Kafka } from 'kafkajs';
import { type BusMessage, type Listener, type Subscription } from './bus.js';
import { Gathering, lotsOf } from './gathering.js';
import { Positions } from './positions.js';

/** Partitions whose records may wait for one delivery together; kafkajs needs a number. */
const PARTITIONS_AT_ONCE = 64;

export interface SubscriptionOptions {
  sessionTimeoutMs?: number;
  log?: (level: 'error' | 'warn' | 'info', message: string, facts: Record<string, unknown>) => void;
}

/** A membership of a consumer group that outlives the client it stands on. */
export class KafkaSubscription implements Subscription {
  private consumer: KafkaConsumer | undefined;
  private member = false;
  private stopped = false;
  private rebuilding: Promise<void> | undefined;
  private positions: Positions | undefined;
  private readonly gathering: Gathering;

  constructor(
    private readonly kafka: Kafka,
    private readonly group: string,
    private readonly listener: Listener,
    private readonly options: SubscriptionOptions,
  ) {
    this.gathering = new Gathering(
      (messages, breathe) => listener.onBatch(messages, breathe),
      (error, failures) => options.log?.('warn', 'the batch waits', { group, failures, error: error instanceof Error ? error.message : String(error) }),
    );
  }

  joined(): boolean {
    return this.member;
  }

  async start(): Promise<void> {
    const consumer = this.kafka.consumer({
      groupId: this.group,
      sessionTimeout: this.options.sessionTimeoutMs ?? 10_000,
      rebalanceTimeout: 20_000,
      heartbeatInterval: 1_000,
      // An idle member is heard of when its fetch comes back: the price of 2 s is a stop or a rebalance that much later.
      maxWaitTimeInMs: 2_000,
      maxBytesPerPartition: 1_048_576,
      allowAutoTopicCreation: false,
      // A restart by kafkajs can leave a consumer that goes on after disconnect() (docs/adr/0001): we rebuild ourselves.
      retry: { retries: 5, restartOnFailure: async () => false },
    });
    const positions = new Positions((at) => consumer.commitOffsets(at));
    this.consumer = consumer;
    this.positions = positions;
    consumer.on(consumer.events.GROUP_JOIN, () => {
      positions.forget();
      this.member = true;
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      this.member = false;
      positions.forget();
      if (!this.stopped && consumer === this.consumer) this.rebuild(payload.error);
    });
    await consumer.connect();
    // fromBeginning also decides what OFFSET_OUT_OF_RANGE falls back to: the default 'latest' would lose silently.
    await consumer.subscribe({ topics: [...this.listener.topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      eachBatch: (payload) => this.eachBatch(payload, positions),
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.member = false;
    await this.rebuilding?.catch(() => undefined);
    // Committed while still a member: whoever takes over reads on from here.
    await Promise.race([this.gathering.idle().then(() => this.positions?.flush()), pause(5_000)]);
    await this.discard(this.consumer);
  }

  private async eachBatch({ batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload, positions: Positions): Promise<void> {
    const gone = (): boolean => !isRunning() || isStale() || this.stopped;
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
    for (const lot of lotsOf(messages)) {
      if (!(await this.gathering.deliver({ messages: lot, gone, beat: heartbeat }))) return;
      const last = (lot.at(-1) as BusMessage).position;
      resolveOffset(last);
      positions.taken(batch.topic, batch.partition, last);
      await heartbeat();
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
    await Promise.race([consumer.disconnect().catch(() => undefined), pause(5_000)]);
  }
}

const pause = (ms: number): Promise<void> => new Promise((wake) => void setTimeout(wake, ms).unref());

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
