import { hash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { NotFound, Refused, TooMany } from '@gongdan/kernel';
import { CONFIG, Database, RateLimiter, Sealer } from '@gongdan/platform';
import { type IntakeConfig } from '../../config.js';
import { clientOf } from '../../domain/client-address.js';
import { type Contact } from '../../domain/contact.js';
import { LONG_TAIL_DIGITS, publicState, type PublicState, readNumber, readTail, tailMatches } from '../../domain/public-status.js';
import { contactColumns, openContact } from '../../store/contact-columns.js';
import { type StatusRow, TicketsStore } from '../../store/tickets.store.js';

export interface PublicStatus {
  number: string;
  state: PublicState;
  registeredAt: string;
  changedAt: string;
}

/** Wrong tails of one number in an hour, from all clients; afterwards only a long tail opens it. */
export const WRONG_TAILS_PER_HOUR = 5;
const HOUR_S = 3_600;

/**
 * Guesses are counted in this many counters, chosen by a hash of organisation and number: both come from the caller, and a counter for each
 * invented one would have no limit. A number that shares its counter with a guessed one needs a long tail meanwhile, no more.
 */
const GUESS_COUNTERS = 8_192;

/** This contact is opened when the number does not exist, so that such a request takes the same time as a wrong tail. */
const PLACEHOLDER: Contact = { name: '无', phone: '00000000000', email: 'nobody@example.org' };

/** The number is the credential, the end of the phone number the second factor (IN-22, P08). */
@Injectable()
export class GetPublicStatus {
  private readonly turns = new Map<string, Promise<unknown>>();
  private readonly placeholder: StatusRow;

  constructor(
    private readonly database: Database,
    private readonly tickets: TicketsStore,
    private readonly sealer: Sealer,
    private readonly limiter: RateLimiter,
    @Inject(CONFIG) private readonly config: IntakeConfig,
  ) {
    const { contact_sealed } = contactColumns(sealer, '', '', PLACEHOLDER);
    this.placeholder = {
      org: '',
      id: '',
      number: '',
      registration: 'registered',
      case_state: null,
      case_at: null,
      registered_at: '',
      contact_sealed,
    };
  }

  /**
   * Throws TooMany when this client had too many wrong tries, Refused `intake/more-digits-needed` when wrong tails of the number were tried
   * and the tail is not a long one, and otherwise NotFound: for a wrong tail, for none, and for a number that does not exist.
   */
  async run(org: string, number: string, tail: string | undefined, address: string): Promise<PublicStatus> {
    const asked = readNumber(number);
    // The client is limited over all organisations and numbers: numbers follow one another, and one tail could be tried on all of them.
    const client = `status-client|${clientOf(address)}`;
    const guesses = `status-guesses|${guessCounter(org, asked)}`;
    return this.inTurn(client, () => this.inTurn(guesses, () => this.look(client, guesses, org, asked, readTail(tail))));
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

  private async look(client: string, guesses: string, org: string, number: string, tail: string | undefined): Promise<PublicStatus> {
    const most = this.config.statusTriesPerAddress;
    const [tries, guessedTails] = await Promise.all([this.limiter.count(client), this.limiter.count(guesses)]);
    if (tries >= most) throw new TooMany('intake/too-many-tries', { details: { retryAfterS: HOUR_S } }, 'too many wrong tries');
    const found = await this.tickets.statusByNumber(this.database, org, number);
    const ticket = found?.contact_sealed ? found : this.placeholder;
    const contact = openContact(this.sealer, ticket.org, ticket.id, ticket.contact_sealed ?? '');
    const guessed = guessedTails >= WRONG_TAILS_PER_HOUR;
    const opens = tail !== undefined && tailMatches(tail, contact, guessed);
    if (ticket === this.placeholder || !opens) {
      await Promise.all([this.limiter.take(client, most, HOUR_S), this.limiter.take(guesses, WRONG_TAILS_PER_HOUR, HOUR_S)]);
      if (guessed && tail !== undefined && tail.length < LONG_TAIL_DIGITS)
        throw new Refused(
          'intake/more-digits-needed',
          { details: { digits: LONG_TAIL_DIGITS }, violations: [{ pointer: '?tail', detail: `must have ${LONG_TAIL_DIGITS} digits` }] },
          `wrong digits were tried for this number: give the last ${LONG_TAIL_DIGITS} digits of the phone number, or all of a shorter one`,
        );
      throw new NotFound('intake/no-such-ticket');
    }
    return {
      number: ticket.number,
      state: publicState(ticket.registration, ticket.case_state),
      registeredAt: ticket.registered_at,
      changedAt: ticket.case_at ?? ticket.registered_at,
    };
  }
}

function guessCounter(org: string, number: string): number {
  return (
    parseInt(hash('sha256', JSON.stringify([org, number.normalize('NFKC').replace(/\s/gu, '').toUpperCase()]), 'hex').slice(0, 8), 16) %
    GUESS_COUNTERS
  );
}
