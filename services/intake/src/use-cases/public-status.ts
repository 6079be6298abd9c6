import { Injectable } from '@nestjs/common';
import { NotFound, TooMany } from '@gongdan/kernel';
import { Database, RateLimiter, Sealer } from '@gongdan/platform';
import { TicketsStore } from '../store/tickets.store.js';
import { tailIndex } from './register-ticket.js';

export interface PublicStatus {
  number: string;
  state: string;
  registeredAt: string;
  changedAt: string;
}

/** Wrong tails allowed per number and hour; the next is refused whether the number exists or not. */
export const WRONG_TAILS_PER_HOUR = 5;

/** The number is the credential, the phone's last four digits the second factor (IN-22, P08). */
@Injectable()
export class GetPublicStatus {
  private readonly tries = new Map<string, Promise<PublicStatus>>();

  constructor(
    private readonly database: Database,
    private readonly tickets: TicketsStore,
    private readonly sealer: Sealer,
    private readonly limiter: RateLimiter,
  ) {}

  async run(org: string, number: string, tail: string): Promise<PublicStatus> {
    const key = `status-tail|${org}|${number}`;
    // One try at a time per number: tries sent all at once would each find the count still low and guess a hundred tails instead of five.
    const before = this.tries.get(key);
    const mine = (before ?? Promise.resolve()).catch(() => undefined).then(() => this.look(key, org, number, tail));
    this.tries.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.tries.get(key) === mine) this.tries.delete(key);
    }
  }

  private async look(key: string, org: string, number: string, tail: string): Promise<PublicStatus> {
    if ((await this.limiter.count(key)) >= WRONG_TAILS_PER_HOUR) throw new TooMany('intake/too-many-tries', { details: { retryAfterS: 3_600 } }, 'too many wrong tries for this number');
    const ticket = await this.tickets.byNumber(this.database, org, number);
    const index = tailIndex(this.sealer, org, tail);
    if (!ticket || ticket.phone_tail === null || ticket.phone_tail !== index) {
      await this.limiter.take(key, WRONG_TAILS_PER_HOUR, 3_600);
      throw new NotFound('intake/no-such-ticket');
    }
    return {
      number,
      state: ticket.registration === 'withdrawn' ? 'withdrawn' : (ticket.case_state ?? 'received'),
      registeredAt: ticket.registered_at,
      changedAt: ticket.case_at ?? ticket.registered_at,
    };
  }
}
