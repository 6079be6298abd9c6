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

export const TOPICS: readonly TopicSpec[] = [TICKETS, PACKS, REPUBLISH, WATERMARKS];

/** The topic on which events of this name are published. */
export function topicOf(eventName: string): TopicSpec {
  return eventName.startsWith('dispatch.pack-') ? PACKS : TICKETS;
}
