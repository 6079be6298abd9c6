import { MAX_HEADER_BYTES } from '@gongdan/contracts';
import { backoffMs } from '@gongdan/platform';
import { AssignerProtocol, type Consumer as KafkaConsumer, type EachBatchPayload, type Kafka, type PartitionAssigner } from 'kafkajs';
import { type BusMessage, type Listener, type Subscription } from './bus.js';
import { Load } from '../load.js';
import { MAX_RECORDS, Gathering, lotsOf } from './gathering.js';
import { rejoinAs } from './kafkajs-repairs.js';
import { Positions } from './positions.js';

/** Partitions whose records may wait for one delivery together. kafkajs needs a number. */
const PARTITIONS_AT_ONCE = 64;
/** A batch that waits is retried every few hundred milliseconds at first; its reason is logged again after this time. */
const REPEAT_WARNING_MS = 10_000;

export interface SubscriptionOptions {
  sessionTimeoutMs?: number;
  /** The least time between two small fetches, in milliseconds (`ServiceDefinition.gatherMs`). */
  gatherMs?: number;
  /** Every member reads every partition from its end, and no position is committed. */
  everyMember?: boolean;
  /** Logs what an operator should read: a batch waits, a consumer is rebuilt. */
  warn?: (message: string, facts: Record<string, unknown>) => void;
}

/** A membership of a consumer group that outlives the kafkajs client behind it. */
export class KafkaSubscription implements Subscription {
  private consumer: KafkaConsumer | undefined;
  private member = false;
  private memberId: string | undefined;
  private stopped = false;
  private rebuilding: Promise<void> | undefined;
  /** Crashes since the last successful fetch; each one makes the next client wait longer. */
  private failures = 0;
  private active = performance.now();
  /** When 'the batch waits' was last logged, by reason. */
  private readonly warnedAt = new Map<string, number>();
  private positions: Positions | undefined;
  private readonly gathering: Gathering;
  private readonly load = new Load();

  constructor(
    private readonly kafka: Kafka,
    private readonly group: string,
    private readonly listener: Listener,
    private readonly options: SubscriptionOptions,
  ) {
    this.gathering = new Gathering(
      (messages, heartbeat) => listener.onBatch(messages, () => ((this.active = performance.now()), heartbeat())),
      (error, failures) => this.batchWaits(error, failures),
    );
  }

  joined(): boolean {
    return this.member;
  }

  /** Monotonic ms of the last fetch, delivery or retry; undefined once stopped. Heartbeats do not count, because they continue while a handler hangs. */
  activeAt(): number | undefined {
    return this.stopped ? undefined : this.active;
  }

  async start(): Promise<void> {
    const consumer = this.kafka.consumer({
      groupId: this.group,
      sessionTimeout: this.options.sessionTimeoutMs ?? 10_000,
      rebalanceTimeout: 20_000,
      heartbeatInterval: 1_000,
      // An idle member notices a stop or a rebalance when its fetch returns, so 2 s delay both by as much.
      maxWaitTimeInMs: 2_000,
      maxBytesPerPartition: 1_048_576,
      allowAutoTopicCreation: false,
      // A restart by kafkajs can leave a consumer that continues after disconnect() (docs/adr/0001), so this class rebuilds the client itself.
      retry: { retries: 5, restartOnFailure: async () => false },
      ...(this.options.everyMember ? { partitionAssigners: [everyPartitionToEveryMember] } : {}),
    });
    const positions = new Positions(async (at) => {
      if (!this.options.everyMember) await consumer.commitOffsets(at);
    });
    this.consumer = consumer;
    this.positions = positions;
    this.active = performance.now();
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.memberId = payload.memberId;
      positions.reset();
      this.member = true;
    });
    // Failures are not reset at the join: a client may join and crash at its first fetch, again and again.
    consumer.on(consumer.events.FETCH, () => {
      this.active = performance.now();
      if (consumer === this.consumer) this.failures = 0;
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      this.member = false;
      positions.abandon();
      if (!this.stopped && consumer === this.consumer) this.rebuild(payload.error);
    });
    if (this.memberId !== undefined) rejoinAs(this.group, this.memberId);
    await consumer.connect();
    // fromBeginning also decides where OFFSET_OUT_OF_RANGE continues: the default 'latest' would lose records silently.
    await consumer.subscribe({ topics: [...this.listener.topics], fromBeginning: !this.options.everyMember });
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
    // Positions are committed while this is still a member, so that the next owner continues from here.
    await Promise.race([this.gathering.idle().then(() => this.positions?.close()), pause(5_000)]);
    this.positions?.abandon();
    await this.discard(this.consumer);
  }

  private async eachBatch({ batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload, positions: Positions): Promise<void> {
    const revoked = (): boolean => !isRunning() || isStale() || this.stopped;
    const messages = batch.messages.map((m): BusMessage => ({
      topic: batch.topic,
      partition: batch.partition,
      position: m.offset,
      key: m.key?.toString('utf8') ?? null,
      headers: textHeaders(m.headers),
      value: m.value,
    }));
    for (const lot of lotsOf(messages)) {
      if (!(await this.gathering.deliver({ messages: lot, revoked, keepAlive: heartbeat }))) return;
      const last = (lot.at(-1) as BusMessage).position;
      resolveOffset(last);
      positions.applied(batch.topic, batch.partition, last);
      await heartbeat();
    }
    // kafkajs fetches again when every record of the last fetch is done. In a busy process the next ones gather at the broker meanwhile; a lone
    // record was handled at once.
    if (messages.length < MAX_RECORDS) await pause(Math.max(this.options.gatherMs ?? 0, this.load.gatherMs()));
  }

  // The broker is unavailable, or this member was fenced: a new client comes back as the same member. An error that no retry cures gets one more
  // attempt, in case the broker was still starting.
  private rebuild(cause: Error): void {
    this.failures += 1;
    this.active = performance.now();
    if (this.failures > 1 && isBeyondRepair(cause)) {
      this.listener.onFatal(cause);
      return;
    }
    this.options.warn?.('the consumer crashed and is rebuilt', { group: this.group, failures: this.failures, error: cause.message });
    const crashed = this.consumer;
    this.consumer = undefined;
    this.rebuilding = (async () => {
      await this.discard(crashed);
      await pause(backoffMs(this.failures));
      if (this.stopped) return;
      try {
        await this.start();
      } catch (error) {
        if (!this.stopped) this.rebuild(error as Error);
      }
    })();
  }

  private batchWaits(error: unknown, failures: number): void {
    const now = (this.active = performance.now());
    const reason = reasonOf(error);
    for (const [known, at] of this.warnedAt) if (now - at > REPEAT_WARNING_MS) this.warnedAt.delete(known);
    if (this.warnedAt.has(reason)) return;
    this.warnedAt.set(reason, now);
    this.options.warn?.('the batch waits', { group: this.group, failures, error: reason });
  }

  private async discard(consumer: KafkaConsumer | undefined): Promise<void> {
    if (!consumer) return;
    // disconnect() can hang while a join is pending (kafkajs #1571), so it gets five seconds.
    await Promise.race([consumer.disconnect().catch(() => undefined), pause(5_000)]);
  }
}

/** Assigns every partition to every member: the group protocol lets the members decide who reads what. */
const everyPartitionToEveryMember: PartitionAssigner = ({ cluster }) => ({
  name: 'EveryMember',
  version: 1,
  async assign({ members, topics }) {
    const assignment = Object.fromEntries(
      topics.map((topic) => [topic, cluster.findTopicPartitionMetadata(topic).map((p) => p.partitionId)]),
    );
    const memberAssignment = AssignerProtocol.MemberAssignment.encode({ version: 1, assignment, userData: Buffer.alloc(0) });
    return members.map(({ memberId }) => ({ memberId, memberAssignment }));
  },
  protocol({ topics }) {
    return { name: 'EveryMember', metadata: AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData: Buffer.alloc(0) }) };
  },
});

const pause = (ms: number): Promise<void> => new Promise((wake) => void setTimeout(wake, ms).unref());

// kafkajs calls these errors not retriable, because a retry of the request does not help. A new client does.
const CURED_BY_REBUILDING =
  /^(UNKNOWN|UNKNOWN_MEMBER_ID|ILLEGAL_GENERATION|REBALANCE_IN_PROGRESS|FENCED_INSTANCE_ID|OFFSET_OUT_OF_RANGE|BROKER_NOT_AVAILABLE|GROUP_MAX_SIZE_REACHED|KafkaJSGroupCoordinatorNotFound|KafkaJSTimeout|KafkaJSLockTimeout)$/;

function isBeyondRepair(error: unknown): boolean {
  const { retriable, type, name, cause } = error as { retriable?: boolean; type?: string; name?: string; cause?: unknown };
  // The outer error only reports that kafkajs gave up; the innermost one has the reason.
  if (cause instanceof Error) return isBeyondRepair(cause);
  return retriable === false && !CURED_BY_REBUILDING.test(type ?? name ?? '');
}

/** An error for a refused connection to a host with several addresses has no message, only a code or a cause. */
function reasonOf(error: unknown): string {
  const { message, code, cause } = error as { message?: string; code?: string; cause?: unknown };
  return message || code || (cause === undefined ? String(error) : reasonOf(cause));
}

function textHeaders(headers: Record<string, Buffer | string | (Buffer | string)[] | undefined> | undefined): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined && name.length <= 64 && first.length <= MAX_HEADER_BYTES) out[name] = first.toString('utf8');
  }
  return out;
}
