import { TICKETS, topicOf } from '@gongdan/contracts';
import { iso, ms, newId } from '@gongdan/kernel';
import { HEADS_TYPE, type Heads } from '../inbox/heads.js';
import { type OutgoingMessage } from '../kafka/bus.js';
import { PeriodicPublisher, type PublisherOptions } from './periodic-publisher.js';
import { TRACKS_TRANSACTIONS, TransactionsUntracked } from './transaction-tracking.js';

const EVERY_MS = 60_000;
/** The longest window of one publication. After an outage the windows since then are published one after the other, and none of them fills the memory. */
const LONGEST_WINDOW_MS = 300_000;
/** About 60 kB. */
const HEADS_PER_MESSAGE = 1_000;

const HEADS = `
  select org, ticket_id, max(seq) as seq, min(name) as name from ticket_event
  where recorded_at >= $1 and recorded_at < $2 group by org, ticket_id`;

/**
 * Publishes once a minute, into each partition with activity, the last `seq` of every stream that recorded something: after the events
 * themselves, which were acknowledged before. A consumer that has not applied so far has lost the end of that stream, which no gap would
 * ever show (docs/adr/0020).
 */
export class HeadsPublisher extends PeriodicPublisher {
  constructor(options: PublisherOptions) {
    super(options, EVERY_MS);
  }

  /** Publishes the next window; true when more have passed. A crash after the messages and before the mark publishes them again. */
  async publish(): Promise<boolean> {
    const { database, bus, signer } = this.options;
    const window = await database.one<{ since: string; until: string; tracking: boolean }>(
      `select h.until as since, w.until, ${TRACKS_TRANSACTIONS} as tracking from heads_published h, producer_watermark() w`,
    );
    if (window?.tracking === false) throw new TransactionsUntracked();
    if (!window || window.until <= window.since) return false;
    const until = iso(Math.min(ms(window.until), ms(window.since) + LONGEST_WINDOW_MS));
    const rows = await database.rows<{ org: string; ticket_id: string; seq: number; name: string }>(HEADS, [window.since, until]);
    const byPartition = new Map<number, Heads['heads']>();
    for (const row of rows) {
      if (topicOf(row.name).name !== TICKETS.name) continue;
      const partition = bus.partitionOf(TICKETS.name, row.ticket_id);
      const heads = byPartition.get(partition) ?? [];
      byPartition.set(partition, heads);
      heads.push([row.org, row.ticket_id, row.seq]);
    }
    const messages = [...byPartition].flatMap(([partition, heads]) => this.messagesOf(partition, heads, window.since, until));
    if (messages.length > 0) await bus.publish(TICKETS.name, signer?.sign(TICKETS.name, messages) ?? messages);
    await database.run('update heads_published set until = greatest(until, $1::timestamptz)', [until]);
    return until < window.until;
  }

  private messagesOf(partition: number, heads: Heads['heads'], since: string, until: string): OutgoingMessage[] {
    const { producer } = this.options;
    const messages: OutgoingMessage[] = [];
    for (let at = 0; at < heads.length; at += HEADS_PER_MESSAGE) {
      const statement: Heads = { producer, since, until, heads: heads.slice(at, at + HEADS_PER_MESSAGE) };
      messages.push({
        key: producer,
        partition,
        headers: {
          'content-type': 'application/json',
          ce_specversion: '1.0',
          ce_id: newId(),
          ce_source: `/gongdan/${producer}`,
          ce_type: HEADS_TYPE,
          ce_time: until,
        },
        value: Buffer.from(JSON.stringify(statement)),
      });
    }
    return messages;
  }
}
