import { Injectable } from '@nestjs/common';
import { Database } from '@gongdan/platform';
import { type Channel } from '../domain/outcome.js';
import { type ClaimedMessage, MessagesStore } from '../store/messages.store.js';

/** Longer than any attempt may last (smtp-session.ts: 50 s, webhook.ts: 15 s): a lapsed lease means a dead worker. */
const LEASE_MS = 60_000;
const PER_WEBHOOK = 4;

@Injectable()
export class ClaimMessages {
  constructor(
    private readonly database: Database,
    private readonly messages: MessagesStore,
  ) {}

  onPlanned(nudge: () => void): void {
    this.messages.onPlanned(nudge);
  }

  run(channel: Channel, owner: string, limit: number): Promise<ClaimedMessage[]> {
    return this.messages.claim(this.database, channel, owner, limit, LEASE_MS, PER_WEBHOOK);
  }

  nextDue(channel: Channel): Promise<number | undefined> {
    return this.messages.nextDue(this.database, channel, PER_WEBHOOK);
  }

  backlog(): Promise<{ channel: Channel; rows: number }[]> {
    return this.messages.backlog(this.database);
  }
}
