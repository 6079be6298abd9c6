import { Injectable } from '@nestjs/common';
import { Database } from '@gongdan/platform';
import { type Channel, type MessageState } from '../domain/outcome.js';
import { MessageListsStore } from '../store/message-lists.store.js';

/** Figures for the gauges of the service. */
@Injectable()
export class CountMessages {
  constructor(
    private readonly database: Database,
    private readonly lists: MessageListsStore,
  ) {}

  /** Messages that are not sent yet, and those that failed or are in doubt since 24 hours. */
  byState(): Promise<{ channel: Channel; state: MessageState; messages: number }[]> {
    return this.lists.counts(this.database);
  }

  /** Seconds since the oldest message that is not sent yet was planned; 0 when there is none. */
  oldestUnsent(): Promise<{ channel: Channel; seconds: number }[]> {
    return this.lists.oldest(this.database);
  }
}
