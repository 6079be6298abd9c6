import { type TopicSpec } from '@gongdan/contracts';
import { Unavailable } from '@gongdan/kernel';
import { type Bus, type BusMessage, type GroupLag, type Listener, type OutgoingMessage, type Subscription } from './bus.js';
import { partitionOfKey } from './partitioner.js';

interface Member {
  listener: Listener;
  /** Changes with every assignment. A batch that began under an older one is stale. */
  generation: number;
  partitions: Set<string>;
  stopped: boolean;
  pumping: Promise<void>;
}

interface Group {
  members: Member[];
  /** Committed next position by `topic/partition`. */
  positions: Map<string, number>;
}

export interface MemoryBusOptions {
  partitions?: number;
  /** Publishes every message twice, which at-least-once delivery allows. Default true. */
  twice?: boolean;
  maxBatch?: number;
}

/** A bus inside one process that passes the same suite as Kafka. It is for service tests, never for a deployment. */
export class MemoryBus implements Bus {
  private readonly logs = new Map<string, BusMessage[][]>();
  private readonly groups = new Map<string, Group>();
  private readonly specs = new Map<string, number>();
  private readonly tails = new Map<string, Set<(messages: BusMessage[]) => void>>();

  constructor(private readonly options: MemoryBusOptions = {}) {}

  async ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    for (const t of topics) {
      const n = t.partitions === 'configured' ? (this.options.partitions ?? 3) : t.partitions;
      if ((this.specs.get(t.name) ?? n) !== n) throw new Error(`topic ${t.name} has another partition count`);
      this.specs.set(t.name, n);
      if (!this.logs.has(t.name))
        this.logs.set(
          t.name,
          Array.from({ length: n }, () => []),
        );
    }
  }

  async publish(topic: string, messages: readonly OutgoingMessage[]): Promise<void> {
    const log = this.logs.get(topic);
    if (!log) throw new Error(`no topic ${topic}`);
    const copies = (this.options.twice ?? true) ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      for (const m of messages) {
        const partition = m.partition ?? partitionOfKey(m.key, log.length);
        const lane = log[partition] as BusMessage[];
        const message = { topic, partition, position: String(lane.length), key: m.key, headers: { ...m.headers }, value: m.value };
        lane.push(message);
        for (const take of this.tails.get(topic) ?? []) take([message]);
      }
    }
    for (const group of this.groups.values()) for (const member of group.members) this.pump(group, member);
  }

  async subscribe(name: string, listener: Listener): Promise<Subscription> {
    const group = this.groups.get(name) ?? { members: [], positions: new Map<string, number>() };
    this.groups.set(name, group);
    const member: Member = { listener, generation: 0, partitions: new Set(), stopped: false, pumping: Promise.resolve() };
    group.members.push(member);
    this.rebalance(group);
    return {
      joined: () => !member.stopped,
      stop: async () => {
        member.stopped = true;
        group.members = group.members.filter((m) => m !== member);
        await member.pumping;
        this.rebalance(group);
      },
    };
  }

  async tail(_group: string, topic: string, take: (messages: BusMessage[]) => void): Promise<Subscription> {
    const takers = this.tails.get(topic) ?? new Set();
    this.tails.set(topic, takers.add(take));
    return { joined: () => takers.has(take), stop: async () => void takers.delete(take) };
  }

  /** Whether a `tail` of the topic is active. */
  isTailed(topic: string): boolean {
    return (this.tails.get(topic)?.size ?? 0) > 0;
  }

  async ends(topic: string): Promise<number[]> {
    return (this.logs.get(topic) ?? []).map((lane) => lane.length);
  }

  async committed(name: string, topic: string): Promise<number[]> {
    const positions = this.groups.get(name)?.positions;
    return (this.logs.get(topic) ?? []).map((_, partition) => positions?.get(`${topic}/${partition}`) ?? 0);
  }

  partitionOf(topic: string, key: string): number {
    const count = this.logs.get(topic)?.length;
    if (count === undefined) throw new Unavailable('messaging/partitions-unknown', {}, `the partitions of ${topic} are not known yet`);
    return partitionOfKey(key, count);
  }

  async lag(name: string, topics: readonly string[]): Promise<GroupLag[]> {
    const positions = this.groups.get(name)?.positions;
    return topics.flatMap((topic) =>
      (this.logs.get(topic) ?? []).map((lane, partition) => ({
        topic,
        partition,
        lag: lane.length - (positions?.get(`${topic}/${partition}`) ?? 0),
      })),
    );
  }

  async close(): Promise<void> {
    for (const group of this.groups.values()) {
      for (const member of group.members) member.stopped = true;
      await Promise.all(group.members.map((m) => m.pumping));
    }
  }

  private rebalance(group: Group): void {
    for (const m of group.members) {
      m.partitions = new Set();
      m.generation += 1;
    }
    const lanes = [...this.logs].flatMap(([topic, log]) => log.map((_, p) => `${topic}/${p}`));
    lanes.forEach((lane, i) => group.members[i % group.members.length]?.partitions.add(lane));
    for (const m of group.members) this.pump(group, m);
  }

  private pump(group: Group, member: Member): void {
    member.pumping = member.pumping
      .then(() => this.drain(group, member))
      .catch((error: unknown) => member.listener.onFatal(error as Error));
  }

  private async drain(group: Group, member: Member): Promise<void> {
    for (const lane of [...member.partitions]) {
      const [topic, partition] = [lane.slice(0, lane.lastIndexOf('/')), Number(lane.slice(lane.lastIndexOf('/') + 1))];
      const log = this.logs.get(topic)?.[partition] ?? [];
      if (!member.listener.topics.includes(topic)) continue;
      for (let at = group.positions.get(lane) ?? 0; at < log.length; at = group.positions.get(lane) ?? 0) {
        const generation = member.generation;
        const stale = () => member.stopped || member.generation !== generation;
        if (stale()) return;
        const batch = log.slice(at, at + (this.options.maxBatch ?? 100));
        try {
          await member.listener.onBatch(batch, async () => {
            if (stale()) throw new Error('the partition was revoked');
          });
        } catch {
          if (stale()) return;
          await new Promise((wake) => setTimeout(wake, 20));
          continue;
        }
        if (!stale()) group.positions.set(lane, at + batch.length);
      }
    }
  }
}
