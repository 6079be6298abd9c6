/** A topic is named after what its key identifies. The partition count is fixed at creation: adding partitions would move keys to other partitions. */
export interface TopicSpec {
  name: string;
  /** `configured`: KAFKA_PARTITIONS. */
  partitions: 'configured' | number;
  /** A compacted topic keeps only the last message of a key. Consumers accept jumps in `seq` on it and drop only older messages. */
  compacted: boolean;
  /** How long a message is kept, in milliseconds. Without it messages are kept for ever. */
  retentionMs?: number;
  meaning: string;
}

export const TICKETS: TopicSpec = {
  name: 'gongdan.tickets',
  partitions: 'configured',
  compacted: false,
  meaning: 'Every event about a ticket, of any service; an event lies behind the one that caused it. key = ticket id.',
};

export const PACKS: TopicSpec = {
  name: 'gongdan.packs',
  partitions: 1,
  compacted: true,
  meaning: 'Versions of process packs; key = id of (organisation, pack key, version).',
};

export const DIRECTORY: TopicSpec = {
  name: 'gongdan.directory',
  partitions: 1,
  compacted: true,
  meaning: 'Units, people, memberships, deputies and presence as they are now; key = id of (organisation, kind, key of the entry).',
};

/** Requests, no events: a consumer that is missing events asks their producer to publish them again. A lost request is repeated after 30 s. */
export const REPUBLISH: TopicSpec = {
  name: 'gongdan.republish-requests',
  partitions: 1,
  compacted: false,
  meaning: 'Requests to publish part of a stream again; key = ticket id.',
};

/** Statements of producers, no events: everything recorded before an instant is on `gongdan.tickets` (docs/adr/0019). */
export const WATERMARKS: TopicSpec = {
  name: 'gongdan.watermarks',
  partitions: 1,
  compacted: false,
  retentionMs: 600_000,
  meaning:
    'Twice a second per producer: everything recorded before an instant lies before these positions of gongdan.tickets; key = producer.',
};

export const TOPICS: readonly TopicSpec[] = [TICKETS, PACKS, DIRECTORY, REPUBLISH, WATERMARKS];

/** The topic on which events of this name are published. */
export function topicOf(eventName: string): TopicSpec {
  if (eventName.startsWith('dispatch.pack-')) return PACKS;
  return OF_DIRECTORY.test(eventName) ? DIRECTORY : TICKETS;
}

const OF_DIRECTORY = /^dispatch\.(unit|person|membership|deputy|presence)-changed$/;
const COMPACTED: ReadonlySet<string> = new Set(TOPICS.filter((t) => t.compacted).map((t) => t.name));

/**
 * Whether the topic holds reference data: the last event of a key replaces all before it, so a jump in `seq` is no gap. Such events are applied before
 * those about tickets of the same batch, which may need them.
 */
export function isCompacted(topic: string): boolean {
  return COMPACTED.has(topic);
}
