import { Inject, Injectable } from '@nestjs/common';
import { NotFound, TooMany } from '@gongdan/kernel';
import { CONFIG, Database, RateLimiter, Sealer } from '@gongdan/platform';
import { type IntakeConfig } from '../../config.js';
import { clientOf } from '../../domain/client-address.js';
import { TicketsStore } from '../../store/tickets.store.js';
import { tailIndex } from './register-ticket.js';

export interface PublicStatus {
  number: string;
  state: string;
  registeredAt: string;
  changedAt: string;
}

/** Wrong tails allowed per number and hour; the next is refused whether the number exists or not. */
export const WRONG_TAILS_PER_HOUR = 5;
const HOUR_S = 3_600;

interface Limit {
  key: string;
  most: number;
}

/** The number is the credential, the phone's last four digits the second factor (IN-22, P08). */
@Injectable()
export class GetPublicStatus {
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(
    private readonly database: Database,
    private readonly tickets: TicketsStore,
    private readonly sealer: Sealer,
    private readonly limiter: RateLimiter,
    @Inject(CONFIG) private readonly config: IntakeConfig,
  ) {}

  async run(org: string, number: string, tail: string, address: string): Promise<PublicStatus> {
    // Numbers follow one another: without a limit of his own, a guesser tries one tail on all of them.
    const guesser: Limit = { key: `status-client|${org}|${clientOf(address)}`, most: this.config.statusTriesPerAddress };
    const guessed: Limit = { key: `status-tail|${org}|${number}`, most: WRONG_TAILS_PER_HOUR };
    return this.inTurn(guesser.key, () => this.inTurn(guessed.key, () => this.look([guesser, guessed], org, number, tail)));
  }

  /** One try at a time: tries sent all at once would each find the count still low and guess a hundred tails instead of five. */
  private async inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.turns.get(key) ?? Promise.resolve();
    const mine = before.catch(() => undefined).then(work);
    this.turns.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.turns.get(key) === mine) this.turns.delete(key);
    }
  }

  private async look(limits: readonly Limit[], org: string, number: string, tail: string): Promise<PublicStatus> {
    const counts = await Promise.all(limits.map((l) => this.limiter.count(l.key)));
    if (limits.some((l, i) => (counts[i] ?? 0) >= l.most))
      throw new TooMany('intake/too-many-tries', { details: { retryAfterS: HOUR_S } }, 'too many wrong tries');
    const ticket = await this.tickets.byNumber(this.database, org, number);
    const index = tailIndex(this.sealer, org, tail);
    if (!ticket || ticket.phone_tail === null || ticket.phone_tail !== index) {
      await Promise.all(limits.map((l) => this.limiter.take(l.key, l.most, HOUR_S)));
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
