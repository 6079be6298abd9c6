import { Injectable } from '@nestjs/common';
import { Database } from '@gongdan/platform';
import { type Channel } from '../domain/outcome.js';
import { type ClaimedMessage, MessagesStore } from '../store/messages.store.js';

/** Renewed while a message is in flight: a lapsed lease means a dead worker, or one that has not seen the database for as long. */
const LEASE_MS = 60_000;
const PER_WEBHOOK = 4;

@Injectable()
export class ClaimMessages {
  readonly renewEveryMs = LEASE_MS / 4;

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

  renew(owner: string, ids: readonly string[]): Promise<void> {
    return this.messages.renew(this.database, owner, ids, LEASE_MS);
  }

  nextDue(channel: Channel): Promise<number | undefined> {
    return this.messages.nextDue(this.database, channel, PER_WEBHOOK);
  }

  backlog(): Promise<{ channel: Channel; rows: number }[]> {
    return this.messages.backlog(this.database);
  }
}
