import { Injectable } from '@nestjs/common';
import { Database } from '@gongdan/platform';
import { type Lanes } from '../domain/lanes.js';
import { type Channel } from '../domain/outcome.js';
import { type Claim, ClaimsStore } from '../store/claims.store.js';
import { MessagesStore } from '../store/messages.store.js';

/** Renewed while an attempt is under way: an expired lease means that the worker is dead, or has not reached the database for as long. */
const LEASE_MS = 60_000;

/** Claims due messages for a worker; each claim is committed before the provider is called. */
@Injectable()
export class ClaimMessages {
  readonly renewEveryMs = LEASE_MS / 4;

  constructor(
    private readonly database: Database,
    private readonly claims: ClaimsStore,
    private readonly messages: MessagesStore,
  ) {}

  /** The listener is called after each commit of this process that planned messages, with their channels. */
  onPlanned(listener: (channels: ReadonlySet<Channel>) => void): void {
    this.messages.onPlanned(listener);
  }

  /** `now` is a time of the clock that `lanes` is given. */
  run(channel: Channel, owner: string, lanes: Lanes, now: number): Promise<Claim> {
    return this.claims.claim(this.database, channel, {
      owner,
      limit: lanes.free(now),
      leaseMs: LEASE_MS,
      load: lanes.load(now),
      slowReceivers: lanes.slowReceivers(now),
    });
  }

  renew(owner: string, ids: readonly string[]): Promise<void> {
    return this.claims.renew(this.database, owner, ids, LEASE_MS);
  }
}
