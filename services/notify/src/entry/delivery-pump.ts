import { newId } from '@gongdan/kernel';
import { type Database } from '@gongdan/platform';
import { type Attempt, type Channel } from '../domain/outcome.js';
import { type ClaimMessages } from '../use-cases/claim-messages.js';
import { type ReadyDelivery, type ReadyMail } from '../domain/ready-message.js';
import { type PrepareMessage } from '../use-cases/prepare-message.js';
import { type Ended, type SettleMessages } from '../use-cases/settle-messages.js';

export interface PumpOptions {
  database: Database;
  claims: ClaimMessages;
  prepare: PrepareMessage;
  settle: SettleMessages;
  channel: Channel;
  /** Messages in flight at once. */
  lanes: number;
  send(ready: ReadyMail | ReadyDelivery): Promise<Attempt>;
  /** Ends attempts that may last longer than a shutdown. */
  hangUp?(): void;
  onSettled(channel: Channel, outcome: string): void;
  onError(error: unknown): void;
}

/** Another replica may have planned something, or died: how long we may not know of it. */
const LONGEST_SLEEP = 5_000;
const TIDY_EVERY = 15_000;
const BATCH = 100;
/** A process that is asked to go has 40 s in all (serve.ts), and lets requests end before its pumps. */
const DRAIN = 10_000;

type Message = Ended['message'];

/**
 * Takes what is due, as many as there are free lanes, so that a claim is followed by its call at once and a crash leaves at most `lanes`
 * messages in doubt. What ended meanwhile is settled together, in one transaction.
 */
export class DeliveryPump {
  private readonly owner = newId();
  private readonly flying = new Map<Promise<void>, string>();
  private ended: Ended[] = [];
  private settling: Promise<void> = Promise.resolve();
  private stopped = false;
  private nudged = false;
  private wake: (() => void) | undefined;
  private running: Promise<void> = Promise.resolve();
  private tidyAt = 0;
  private renewing: NodeJS.Timeout | undefined;

  constructor(private readonly o: PumpOptions) {}

  start(): void {
    this.running = this.run();
    this.renewing = setInterval(() => void this.renew(), this.o.claims.renewEveryMs);
  }

  /** Lets what is in flight end and be written down; only what nobody has answered by then is left in doubt. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.nudge();
    await this.running;
    const impatience = setTimeout(() => this.o.hangUp?.(), DRAIN);
    await Promise.all(this.flying.keys());
    clearTimeout(impatience);
    clearInterval(this.renewing);
    await this.settling;
  }

  nudge(): void {
    this.nudged = true;
    this.wake?.();
  }

  private async run(): Promise<void> {
    for (let failures = 0; !this.stopped;) {
      try {
        this.nudged = false;
        await this.tidy();
        const free = this.o.lanes - this.flying.size;
        const claimed = free > 0 ? await this.o.claims.run(this.o.channel, this.owner, free) : [];
        for (const message of claimed) this.fly(message);
        failures = 0;
        if (claimed.length === 0 || this.flying.size >= this.o.lanes) await this.rest(free > 0);
      } catch (error) {
        this.o.onError(error);
        failures += 1;
        await this.sleep(Math.min(LONGEST_SLEEP, 200 * 2 ** failures));
      }
    }
  }

  private fly(message: Message): void {
    const flight = this.attempt(message)
      .then((ended) => {
        this.ended.push(ended);
        this.settling = this.settling.then(() => this.settleEnded());
      })
      .finally(() => {
        this.flying.delete(flight);
        this.nudge();
      });
    this.flying.set(flight, message.id);
  }

  private async renew(): Promise<void> {
    if (this.flying.size === 0) return;
    try {
      await this.o.claims.renew(this.owner, [...this.flying.values()]);
    } catch (error) {
      this.o.onError(error);
    }
  }

  private async attempt(message: Message): Promise<Ended> {
    try {
      const ready = await this.o.prepare.run(message);
      if (!ready) return { message, sentTo: null, attempt: { result: 'refused', error: 'there is no usable address' } };
      return { message, sentTo: ready.masked, attempt: await this.o.send(ready) };
    } catch (error) {
      this.o.onError(error);
      // Nothing a channel throws comes after it has begun to send: that would be a value.
      return { message, sentTo: null, attempt: { result: 'deferred', error: error instanceof Error ? error.message : String(error) } };
    }
  }

  private async settleEnded(): Promise<void> {
    const batch = this.ended;
    this.ended = [];
    if (batch.length === 0) return;
    for (let tries = 1; ; tries++) {
      try {
        const settled = await this.o.database.transaction((tx) => this.o.settle.run(tx, this.owner, batch));
        for (const s of settled) this.o.onSettled(this.o.channel, s.state);
        // What else the receiver was to get is not wanted any more.
        if (batch.some((e) => e.attempt.result === 'refused' && e.attempt.gone)) this.tidyAt = 0;
        // Only now has its receiver a place left.
        this.nudge();
        return;
      } catch (error) {
        this.o.onError(error);
        // While the database is away the outcome is only here. When it comes back after the lease, others have judged it.
        if (this.stopped && tries >= 5) return;
        await new Promise((wake) => setTimeout(wake, Math.min(5_000, 100 * 2 ** tries)));
      }
    }
  }

  private async tidy(): Promise<void> {
    const now = performance.now();
    if (now < this.tidyAt) return;
    this.tidyAt = now + TIDY_EVERY;
    const { database, settle, channel } = this.o;
    const all = [await database.transaction((tx) => settle.resolveStuck(tx, channel, BATCH))];
    if (channel === 'webhook') all.push(await database.transaction((tx) => settle.giveUpOrphans(tx, BATCH)));
    for (const settled of all) {
      if (settled.length === BATCH) this.tidyAt = 0;
      for (const s of settled) this.o.onSettled(channel, s.state);
    }
  }

  /** Until something is due, planned, ended or to be tidied. Idle, a look is one statement. */
  private async rest(mayClaim: boolean): Promise<void> {
    do {
      const ms = mayClaim ? Math.min(LONGEST_SLEEP, (await this.o.claims.nextDue(this.o.channel)) ?? LONGEST_SLEEP) : LONGEST_SLEEP;
      await this.sleep(Math.max(20, ms));
      if (ms < LONGEST_SLEEP) return;
    } while (!this.nudged && !this.stopped && mayClaim && performance.now() < this.tidyAt);
  }

  private async sleep(ms: number): Promise<void> {
    if (this.nudged || this.stopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = undefined;
  }
}
