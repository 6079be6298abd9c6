import { type TopicSpec } from '@gongdan/contracts';

/** A message as it lies in a partition. */
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
  /** Where it goes in place of the partition of its key. */
  partition?: number;
  headers: Record<string, string>;
  value: Buffer | null;
}

/** What a consumer gives the bus. A batch holds records of one or more partitions, each in its order; when the promise resolves the bus may commit behind it. */
export interface Listener {
  topics: readonly string[];
  /**
   * `breathe` must be called at least once a second: it keeps the membership alive and throws when a partition was taken away.
   * Rejecting means "not now" (the database is away): the bus delivers the batch again.
   */
  onBatch(messages: BusMessage[], breathe: () => Promise<void>): Promise<void>;
  /** The client is beyond repair; the process must go. */
  onFatal(error: Error): void;
}

export interface Subscription {
  /** True while the group has given us a place. */
  joined(): boolean;
  /** Ends the current chunk, leaves the group. */
  stop(): Promise<void>;
}

export interface GroupLag {
  topic: string;
  partition: number;
  /** Messages behind the end of the partition. */
  lag: number;
}

/**
 * The whole of what Gongdan asks of a bus. Two implementations obey one law (bus.suite.ts): Kafka, and memory for fast tests.
 * Delivery is at least once; order holds per key as long as one publisher has one request in flight.
 */
export interface Bus {
  /** Creates what is missing; throws when a topic exists with another partition count (that would re-key tickets). */
  ensureTopics(topics: readonly TopicSpec[]): Promise<void>;
  /** Resolves when every message is acknowledged by all in-sync replicas. On rejection any part of them may be in the log. */
  publish(topic: string, messages: readonly OutgoingMessage[]): Promise<void>;
  /** Joins the group; from the beginning where the group has no position. */
  subscribe(group: string, listener: Listener): Promise<Subscription>;
  /** Calls `take` in this process with every message published from now on; nothing is remembered, and each process gets all of them. */
  tail(group: string, topic: string, take: (messages: BusMessage[]) => void): Promise<Subscription>;
  lag(group: string, topics: readonly string[]): Promise<GroupLag[]>;
  /** By partition, the position the next message will get. */
  ends(topic: string): Promise<number[]>;
  /** By partition, the next position of a group: it has taken everything before. 0 where it has taken nothing. */
  committed(group: string, topic: string): Promise<number[]>;
  /** The partition of a key; throws before `ensureTopics`. */
  partitionOf(topic: string, key: string): number;
  close(): Promise<void>;
}
