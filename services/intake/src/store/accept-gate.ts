import { Injectable } from '@nestjs/common';
import { Conflict } from '@gongdan/kernel';
import { Database, isDatabaseAway, Metrics } from '@gongdan/platform';
import { type Acceptance, acceptAll, violatedIndex } from './accept.js';
import { passTaken } from './taken-numbers.js';

interface Caller {
  acceptance: Acceptance;
  resolve(number: string | undefined): void;
  reject(error: unknown): void;
}

/** Statements under way at once, and tickets in one. */
const FLIGHTS = 2;
const MOST = 64;
/** Tries of one ticket to get past numbers that others took. */
const TRIES = 10;

/**
 * Tickets that come while statements are under way share the next one: one round trip, one plan, one commit for all of them. Alone, a
 * ticket does not wait. A statement that fails for one of them is run again for each alone, so nobody pays for a neighbour.
 */
@Injectable()
export class AcceptGate {
  private waiting: Caller[] = [];
  private flights = 0;

  constructor(
    private readonly database: Database,
    metrics: Metrics,
  ) {
    metrics.gauge('gongdan_accept_backlog', 'Tickets that wait for the next accepting statement', [], (g) => g.set(this.backlog));
  }

  get backlog(): number {
    return this.waiting.length;
  }

  /** The number; undefined when the key was used before. Durable when it resolves. */
  async accept(acceptance: Acceptance): Promise<string | undefined> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.once(acceptance);
      } catch (error) {
        if (violatedIndex(error) !== 'tickets_number') throw error;
        if (tries >= TRIES)
          throw new Conflict(
            'intake/number-taken',
            { cause: error },
            'another series of the organisation takes the numbers of this one: a pack needs another format',
          );
        await passTaken(this.database, acceptance.row.org, acceptance.plan, acceptance.gapFree);
      }
    }
  }

  private once(acceptance: Acceptance): Promise<string | undefined> {
    // External keys repeat on purpose (a source that sends again), and a repetition fails its statement.
    if (acceptance.row.external_key !== null) return this.alone(acceptance);
    return new Promise((resolve, reject) => {
      this.waiting.push({ acceptance, resolve, reject });
      this.depart();
    });
  }

  private depart(): void {
    while (this.flights < FLIGHTS && this.waiting.length > 0) {
      this.flights += 1;
      void this.fly(this.take()).finally(() => {
        this.flights -= 1;
        this.depart();
      });
    }
  }

  /** The next callers in order; a second one with the same idempotency key must find the first one's answer, so it takes the next. */
  private take(): Caller[] {
    const keys = new Set<string>();
    const taken: Caller[] = [];
    const left: Caller[] = [];
    for (const caller of this.waiting) {
      const { key, row } = caller.acceptance;
      const id = key && `${row.org}|${key.client}|${key.value}`;
      if (taken.length === MOST || (id !== undefined && keys.has(id))) left.push(caller);
      else {
        taken.push(caller);
        if (id !== undefined) keys.add(id);
      }
    }
    this.waiting = left;
    return taken;
  }

  private async fly(callers: Caller[]): Promise<void> {
    try {
      const numbers = await acceptAll(
        this.database,
        callers.map((c) => c.acceptance),
      );
      callers.forEach((c, i) => c.resolve(numbers[i]));
    } catch (error) {
      // Lost on the way, nobody knows whether it was committed: only the callers, with their keys, may ask again.
      if (callers.length === 1 || isDatabaseAway(error)) for (const c of callers) c.reject(error);
      else await Promise.all(callers.map((c) => this.alone(c.acceptance).then(c.resolve, c.reject)));
    }
  }

  private async alone(acceptance: Acceptance): Promise<string | undefined> {
    return (await acceptAll(this.database, [acceptance]))[0];
  }
}
