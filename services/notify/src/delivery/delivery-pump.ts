import { performance } from 'node:perf_hooks';
import { newId } from '@gongdan/kernel';
import { Poller } from '@gongdan/messaging';
import { backoffMs, type Database } from '@gongdan/platform';
import { type LaneLimits, Lanes } from '../domain/lanes.js';
import { type Attempt, type Channel } from '../domain/outcome.js';
import { type ReadyDelivery, type ReadyMail } from '../domain/ready-message.js';
import { type ClaimMessages } from '../use-cases/claim-messages.js';
import { type PrepareMessage } from '../use-cases/prepare-message.js';
import { type EndedAttempt, type SettleMessages } from '../use-cases/settle-messages.js';

export interface PumpOptions {
  database: Database;
  claims: ClaimMessages;
  prepare: PrepareMessage;
  settle: SettleMessages;
  channel: Channel;
  lanes: LaneLimits;
  /** Makes one attempt. Aborting the signal ends it early, as an attempt that got no answer. */
  send(ready: ReadyMail | ReadyDelivery, signal: AbortSignal): Promise<Attempt>;
  onSettled(channel: Channel, state: string): void;
  onError(error: unknown): void;
}

/** Another replica may have planned a message, or died: how long this one may take to see it. No retry is due sooner (outcome.ts). */
const LONGEST_SLEEP_MS = 5_000;
const BATCH = 100;
/** A process that is stopped has 40 s in all (serve.ts), and lets HTTP requests end before its pumps. */
const DRAIN_MS = 10_000;

type Message = EndedAttempt['message'];

/**
 * Sends the messages of one channel. It claims as many as there are free lanes, so that each claim is followed by its call at once and a crash
 * leaves in doubt only what was being sent. Attempts that have ended meanwhile are settled together, in one transaction.
 */
export class DeliveryPump {
  private readonly owner = newId();
  private readonly lanes: Lanes;
  private readonly attempts = new Map<string, { done: Promise<void>; abort: AbortController }>();
  private readonly poller: Poller;
  private stopped = false;
  private ended: EndedAttempt[] = [];
  private settling: Promise<void> = Promise.resolve();
  /** Due messages wait for a lane: the next one that is free is claimed for at once. */
  private more = false;
  private renewing: NodeJS.Timeout | undefined;

  constructor(private readonly options: PumpOptions) {
    this.lanes = new Lanes(options.lanes);
    this.poller = new Poller({ turn: async () => ({ ms: await this.turn() }), onError: options.onError });
  }

  start(): void {
    this.poller.start();
    this.renewing = setInterval(() => void this.renew(), this.options.claims.renewEveryMs);
  }

  /** Lets attempts end and settles them. What has no answer after ten seconds is cut off; a mail that was handed over is then in doubt. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.poller.stop();
    const cut = setTimeout(() => this.attempts.forEach(({ abort }) => abort.abort()), DRAIN_MS);
    await Promise.all([...this.attempts.values()].map(({ done }) => done));
    clearTimeout(cut);
    clearInterval(this.renewing);
    await this.settling;
  }

  /** A message may be due. */
  nudge(): void {
    this.poller.wake();
  }

  /** Claims what is due and starts it; returns for how long there is nothing more to do unless a nudge comes. */
  private async turn(): Promise<number> {
    const { claims, channel } = this.options;
    for (const id of this.lanes.excess(performance.now())) this.attempts.get(id)?.abort.abort();
    const claim = await claims.run(channel, this.owner, this.lanes, performance.now());
    for (const message of claim.messages) this.startAttempt(message);
    this.more = claim.more;
    if (claim.stuck || claim.orphans) await this.tidy(claim);
    const nextLaneMs = claim.more ? this.lanes.nextSlow(performance.now()) : undefined;
    return Math.max(20, Math.min(LONGEST_SLEEP_MS, claim.nextDueMs ?? LONGEST_SLEEP_MS, nextLaneMs ?? LONGEST_SLEEP_MS));
  }

  private startAttempt(message: Message): void {
    this.lanes.start(message.id, { org: message.org, receiver: message.receiver ?? '' }, performance.now());
    const abort = new AbortController();
    const done = this.attempt(message, abort.signal).then((ended) => {
      this.attempts.delete(message.id);
      this.lanes.end(message.id, performance.now());
      this.ended.push(ended);
      this.settling = this.settling.then(() => this.settleEnded());
      if (this.more) this.nudge();
    });
    this.attempts.set(message.id, { done, abort });
  }

  private async renew(): Promise<void> {
    if (this.attempts.size === 0) return;
    try {
      await this.options.claims.renew(this.owner, [...this.attempts.keys()]);
    } catch (error) {
      this.options.onError(error);
    }
  }

  private async attempt(message: Message, signal: AbortSignal): Promise<EndedAttempt> {
    try {
      const ready = await this.options.prepare.run(message);
      if (!ready) return { message, sentTo: null, attempt: { result: 'refused', error: 'there is no usable address' } };
      return { message, sentTo: ready.masked, attempt: await this.options.send(ready, signal) };
    } catch (error) {
      this.options.onError(error);
      // A channel throws only before it has begun to send; afterwards it returns how the attempt ended.
      return { message, sentTo: null, attempt: { result: 'deferred', error: error instanceof Error ? error.message : String(error) } };
    }
  }

  private async settleEnded(): Promise<void> {
    const batch = this.ended;
    this.ended = [];
    if (batch.length === 0) return;
    const { database, settle, channel, onSettled, onError } = this.options;
    for (let tries = 1; ; tries++) {
      try {
        const settled = await database.transaction((tx) => settle.run(tx, this.owner, batch));
        for (const { state } of settled) onSettled(channel, state);
        // Only now does its receiver have a free place again. After a 410 the other deliveries of the webhook wait to be given up.
        if (this.more || batch.some(({ attempt }) => attempt.result === 'refused' && attempt.gone)) this.nudge();
        return;
      } catch (error) {
        onError(error);
        // While the database is away, only this process knows how the attempts ended. When it comes back after the lease, another worker has
        // settled them.
        if (this.stopped && tries >= 5) return;
        await new Promise((resume) => setTimeout(resume, backoffMs(tries)));
      }
    }
  }

  private async tidy({ stuck, orphans }: { stuck: boolean; orphans: boolean }): Promise<void> {
    const { database, settle, channel, onSettled } = this.options;
    const settled = [
      ...(stuck ? await database.transaction((tx) => settle.resolveStuck(tx, channel, BATCH)) : []),
      ...(orphans ? await database.transaction((tx) => settle.giveUpOrphans(tx, BATCH)) : []),
    ];
    for (const { state } of settled) onSettled(channel, state);
    if (settled.length > 0) this.nudge();
  }
}
