/** A topic is named for the thing its key names. Partition counts are fixed at creation: growing one re-keys tickets. */
export interface TopicSpec {
  name: string;
  /** 'configured' takes KAFKA_PARTITIONS. */
  partitions: 'configured' | number;
  /** A compacted topic keeps the last message of a key: consumers accept jumps in `seq` there and drop only what is older. */
  compacted: boolean;
  /** How long a message is kept, in milliseconds. Without it messages are kept for ever. */
  retentionMs?: number;
  meaning: string;
}

export const TICKETS: TopicSpec = {
  name: 'gongdan.tickets',
  partitions: 'configured',
  compacted: false,
  meaning: 'Everything said about a ticket, by any service, in causal order; key = ticket id.',
};

export const PACKS: TopicSpec = {
  name: 'gongdan.packs',
  partitions: 1,
  compacted: true,
  meaning: 'Process packs in force; key = id of (organisation, pack key, version).',
};

/** Not facts but requests: a consumer that met a gap asks the producer to say a stretch of a stream again. Losing one costs five seconds. */
export const REPUBLISH: TopicSpec = {
  name: 'gongdan.republish-requests',
  partitions: 1,
  compacted: false,
  meaning: 'Requests to publish a stretch of a stream again; key = ticket id.',
};

/** No facts about tickets but statements of producers: everything recorded before an instant is on `gongdan.tickets` (docs/adr/0019). */
export const WATERMARKS: TopicSpec = {
  name: 'gongdan.watermarks',
  partitions: 1,
  compacted: false,
  retentionMs: 600_000,
  meaning:
    'Twice a second per producer: everything recorded before an instant lies before these positions of gongdan.tickets; key = producer.',
};

export const TOPICS: readonly TopicSpec[] = [TICKETS, PACKS, REPUBLISH, WATERMARKS];

/** The topic an event travels on. */
export function topicOf(eventName: string): TopicSpec {
  return eventName.startsWith('dispatch.pack-') ? PACKS : TICKETS;
}
