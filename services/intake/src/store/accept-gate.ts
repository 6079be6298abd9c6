import { Injectable } from '@nestjs/common';
import { Conflict } from '@gongdan/kernel';
import { Database, isDatabaseAway, Metrics } from '@gongdan/platform';
import { type Acceptance, type Accepted, acceptAll, violatedIndex } from './accept.js';
import { passTaken } from './numbers/taken-numbers.js';

interface Caller {
  acceptance: Acceptance;
  resolve(accepted: Accepted | undefined): void;
  reject(error: unknown): void;
}

/** Statements that run at once. */
const MOST_STATEMENTS = 2;
/** Tickets in one statement. */
const MOST_TICKETS = 64;
/** Tries of one ticket whose number was taken by another series. */
const NUMBER_TRIES = 10;

/**
 * Tickets that arrive while statements run share the next statement: one round trip, one plan, one commit for all of them. A single ticket
 * does not wait. When a statement fails, each of its tickets is tried alone, so that no request fails because of another one.
 */
@Injectable()
export class AcceptGate {
  private waiting: Caller[] = [];
  private running = 0;

  constructor(
    private readonly database: Database,
    metrics: Metrics,
  ) {
    metrics.gauge('gongdan_accept_backlog', 'Tickets that wait for the next accepting statement', [], (g) => g.set(this.backlog));
  }

  get backlog(): number {
    return this.waiting.length;
  }

  /** The number and the instant; undefined when the key was used before. Durable when it resolves. */
  async accept(acceptance: Acceptance): Promise<Accepted | undefined> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.once(acceptance);
      } catch (error) {
        if (violatedIndex(error) !== 'tickets_number') throw error;
        if (tries >= NUMBER_TRIES)
          throw new Conflict(
            'intake/number-taken',
            { cause: error },
            'another series of the organisation uses the numbers of this one: one of the packs needs another format',
          );
        await passTaken(this.database, acceptance.row.org, acceptance.plan, acceptance.gapFree);
      }
    }
  }

  private once(acceptance: Acceptance): Promise<Accepted | undefined> {
    // An external key may be repeated on purpose (a source that sends again), and a repetition fails its statement.
    if (acceptance.row.external_key !== null) return this.alone(acceptance);
    return new Promise((resolve, reject) => {
      this.waiting.push({ acceptance, resolve, reject });
      this.start();
    });
  }

  private start(): void {
    while (this.running < MOST_STATEMENTS && this.waiting.length > 0) {
      this.running += 1;
      void this.acceptTogether(this.take()).finally(() => {
        this.running -= 1;
        this.start();
      });
    }
  }

  /** The next callers in order. A second one with the same idempotency key must find the answer of the first, so it goes into the next statement. */
  private take(): Caller[] {
    const keys = new Set<string>();
    const taken: Caller[] = [];
    const left: Caller[] = [];
    for (const caller of this.waiting) {
      const { key, row } = caller.acceptance;
      const id = key && `${row.org}|${key.client}|${key.value}`;
      if (taken.length === MOST_TICKETS || (id !== undefined && keys.has(id))) left.push(caller);
      else {
        taken.push(caller);
        if (id !== undefined) keys.add(id);
      }
    }
    this.waiting = left;
    return taken;
  }

  private async acceptTogether(callers: Caller[]): Promise<void> {
    try {
      const accepted = await acceptAll(
        this.database,
        callers.map((c) => c.acceptance),
      );
      callers.forEach((c, i) => c.resolve(accepted[i]));
    } catch (error) {
      // When the connection is lost, it is unknown whether the statement was committed: only the callers, with their keys, may try again.
      if (callers.length === 1 || isDatabaseAway(error)) for (const c of callers) c.reject(error);
      else await Promise.all(callers.map((c) => this.alone(c.acceptance).then(c.resolve, c.reject)));
    }
  }

  private async alone(acceptance: Acceptance): Promise<Accepted | undefined> {
    return (await acceptAll(this.database, [acceptance]))[0];
  }
}
