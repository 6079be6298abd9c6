import { Poller, type Rest } from '@gongdan/messaging';
import { type Database, isDatabaseAway, logger } from '@gongdan/platform';
import { type DueFiring, type FireCommand } from './due-firing.js';
import { type SubjectRef } from './due-points.js';
import { type PartitionProgress } from './reach.js';

const LONGEST_REST_MS = 1_000;
/** A point that waits for its watermark does so for about a second. The pause between two polls doubles up to LONGEST_REST_MS. */
const FIRST_REST_MS = 100;
const log = logger('due');

export interface DueJobOptions {
  database: Database;
  /** Points of one transaction. */
  batch: number;
  /** Of points that wait for events: how far each partition has been applied, and how long a point waits for it. */
  events?: { progress: () => Promise<readonly PartitionProgress[]>; waitMs: number };
  /** Asked when a point is due, outside of any transaction: false lets all points wait a little. */
  mayFire?: () => Promise<boolean>;
}

/**
 * Fires due points from `start` to `stop`. It rests until the next one is due, a second at most: no deadline lives in a timer of this process, because a
 * setTimeout over 24.8 days fires at once. Replicas share the points by SKIP LOCKED; tickets need no order among each other.
 */
export class DueJob {
  private readonly poller: Poller;
  private stopping = false;
  private waitedMs = FIRST_REST_MS;

  constructor(
    private readonly firing: Pick<DueFiring<unknown>, 'next' | 'retries' | 'setAside' | 'run'>,
    private readonly options: DueJobOptions,
  ) {
    this.poller = new Poller({
      turn: () => this.turn(),
      onError: (error) => log.warn('due points wait', { error: String(error) }),
    });
  }

  start(): void {
    this.poller.start();
  }

  /** Resolves when the batch under way has ended. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.poller.stop();
  }

  private async turn(): Promise<Rest> {
    const { dueInMs, retryInMs } = await this.firing.next(this.options.database);
    const next = Math.min(dueInMs, retryInMs);
    if (next > 0) {
      this.waitedMs = FIRST_REST_MS;
      return { ms: Math.min(next, LONGEST_REST_MS) };
    }
    if ((await (this.options.mayFire?.() ?? true)) && (await this.fire(retryInMs <= 0)) > 0) {
      this.waitedMs = FIRST_REST_MS;
      return { ms: 0 };
    }
    // A point that is due and did not fire waits for its watermark or is held by another replica.
    const ms = this.waitedMs;
    this.waitedMs = Math.min(2 * ms, LONGEST_REST_MS);
    return { ms };
  }

  // The broker is queried before the transaction begins: no transaction waits for Kafka.
  private async fire(retry: boolean): Promise<number> {
    const { database, batch, events } = this.options;
    const applied = events && { progress: await events.progress(), waitMs: events.waitMs };
    if (applied?.progress.length === 0) return 0;
    let fired = 0;
    let claimed: SubjectRef[] = [];
    try {
      fired = await this.transaction({ which: { limit: batch }, applied, onClaim: (subjects) => (claimed = subjects) });
    } catch (error) {
      if (claimed.length === 0 || isDatabaseAway(error)) throw error;
      fired = await this.fireEach(claimed, applied);
    }
    return retry ? fired + (await this.fireEach(await this.firing.retries(database), applied)) : fired;
  }

  /** Fires each subject in a transaction of its own: one that fails is set aside and stops no other. */
  private async fireEach(subjects: readonly SubjectRef[], applied: FireCommand['applied']): Promise<number> {
    let fired = 0;
    for (const which of subjects) {
      if (this.stopping) break;
      try {
        fired += await this.transaction({ which, applied });
      } catch (error) {
        if (isDatabaseAway(error)) throw error;
        const failures = await this.firing.setAside(this.options.database, which);
        log.error('what was due could not fire and is retried', { ...which, failures, error: String(error) });
      }
    }
    return fired;
  }

  private transaction(command: FireCommand): Promise<number> {
    return this.options.database.transaction((tx) => this.firing.run(tx, command));
  }
}
