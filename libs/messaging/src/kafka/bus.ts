import { type TopicSpec } from '@gongdan/contracts';

/** A message as it is stored in a partition. */
export interface BusMessage {
  topic: string;
  partition: number;
  /** Kafka offset as text (64 bits). */
  position: string;
  key: string | null;
  headers: Record<string, string>;
  value: Buffer | null;
}

export interface OutgoingMessage {
  key: string;
  /** Overrides the partition that the key would choose. */
  partition?: number;
  headers: Record<string, string>;
  value: Buffer | null;
}

/** The consumer's side of a subscription. A batch holds records of one or more partitions, each in its order. The bus commits their positions after the promise has resolved. */
export interface Listener {
  topics: readonly string[];
  /**
   * `heartbeat` must be called at least once a second: it keeps the membership alive and throws when a partition was revoked.
   * Rejecting means that the environment is unavailable (the database, for example): the bus delivers the batch again.
   */
  onBatch(messages: BusMessage[], heartbeat: () => Promise<void>): Promise<void>;
  /** The client cannot recover, so the process must end. */
  onFatal(error: Error): void;
}

export interface Subscription {
  /** True while this is a member of the group with an assignment. */
  joined(): boolean;
  /** Finishes the current delivery and leaves the group. */
  stop(): Promise<void>;
}

export interface GroupLag {
  topic: string;
  partition: number;
  /** Messages between the committed position and the end of the partition. */
  lag: number;
}

/**
 * Everything that Gongdan needs from a bus. Two implementations pass the same suite (bus.suite.ts): Kafka, and memory for fast tests.
 * Delivery is at least once; order holds per key as long as one publisher has one request in flight.
 */
export interface Bus {
  /** Creates missing topics. Throws when a topic exists with another partition count, which would move tickets to other partitions. */
  ensureTopics(topics: readonly TopicSpec[]): Promise<void>;
  /** Resolves when every message is acknowledged by all in-sync replicas. On rejection any part of them may be in the log. */
  publish(topic: string, messages: readonly OutgoingMessage[]): Promise<void>;
  /** Joins the group. A partition without a committed position is read from its beginning. */
  subscribe(group: string, listener: Listener): Promise<Subscription>;
  /** Calls `take` with every message that is published from now on. No position is committed, and every process gets every message. */
  tail(group: string, topic: string, take: (messages: BusMessage[]) => void): Promise<Subscription>;
  lag(group: string, topics: readonly string[]): Promise<GroupLag[]>;
  /** By partition, the position the next message will get. */
  ends(topic: string): Promise<number[]>;
  /** By partition, the next position of a group: it has taken everything before. 0 where it has taken nothing. */
  committed(group: string, topic: string): Promise<number[]>;
  /** The partition of a key. Throws `Unavailable` before `ensureTopics`, so that an event that needs it is retried and not parked for an operator. */
  partitionOf(topic: string, key: string): number;
  close(): Promise<void>;
}
