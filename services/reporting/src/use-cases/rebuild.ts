import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { TICKETS } from '@gongdan/contracts';
import { newId, NotFound } from '@gongdan/kernel';
import { BusHandle, type Subscription } from '@gongdan/messaging';
import { Database, Fanout, logger } from '@gongdan/platform';
import { LEFT_OUT, liveChannel } from '../domain/live.js';
import { ProjectionsStore } from '../store/projections.store.js';
import { Replay } from '../store/replay.js';
import { type RebuildState, RebuildsStore } from '../store/rebuilds.store.js';

const POLL_MS = 250;
const log = logger('rebuild');

/**
 * Derives everything again from the stream (docs/adr/0014). One transaction empties the tables and the marks; then a consumer group of its own reads
 * the topic from the beginning, while the live group's events wait behind the gap. Meanwhile answers have `complete: false`. Any replica may replay; after
 * a crash the replay continues where its group stood.
 */
@Injectable()
export class Rebuild implements OnApplicationBootstrap, OnModuleDestroy {
  private stopped = false;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly projections: ProjectionsStore,
    private readonly rebuilds: RebuildsStore,
    private readonly link: BusHandle,
    private readonly replaying: Replay,
    private readonly fanout: Fanout,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const unfinished = await this.rebuilds.running(this.database);
    if (unfinished) this.running = this.replay(unfinished.id);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  /** Starts a rebuild; one that is still running is replaced by it. */
  async start(by: string): Promise<RebuildState> {
    const id = newId();
    await this.database.transaction(async (tx) => {
      await this.rebuilds.finishAll(tx);
      await this.projections.wipe(tx);
      await this.rebuilds.start(tx, id, by);
    });
    this.running = this.running.then(() => this.replay(id));
    return this.state(id);
  }

  async state(id: string): Promise<RebuildState> {
    const state = await this.rebuilds.get(this.database, id);
    if (!state) throw new NotFound('reporting/no-such-rebuild');
    return state;
  }

  private async replay(id: string): Promise<void> {
    const group = `gongdan-reporting-rebuild-${id}`;
    let subscription: Subscription | undefined;
    this.replaying.begin();
    try {
      for (let failures = 0; !this.stopped;) {
        try {
          // A newer rebuild may have replaced this one, on this replica or on another.
          if ((await this.rebuilds.get(this.database, id))?.finishedAt !== null) break;
          subscription ??= await this.link.bus.subscribe(group, {
            topics: [TICKETS.name],
            onBatch: (messages, beat) => this.link.server.consumer.apply(messages, beat),
            onFatal: (error) => {
              log.error('the consumer of the replay failed; it is replaced', { rebuild: id, error: String(error) });
              subscription = undefined;
            },
          });
          const lag = await this.link.bus.lag(group, [TICKETS.name]);
          if (lag.every((l) => l.lag === 0)) {
            await this.rebuilds.finish(this.database, id);
            break;
          }
        } catch (error) {
          failures += 1;
          log.warn('the replay is retried', { rebuild: id, error: String(error), failures });
        }
        await new Promise((wake) => setTimeout(wake, POLL_MS));
      }
    } finally {
      await subscription?.stop();
      for (const org of await this.derived()) this.fanout.publish(liveChannel(org), JSON.stringify(LEFT_OUT));
    }
  }

  /** The organisations whose tickets were derived again, here or by a replica that did not come to the end. */
  private async derived(): Promise<Set<string>> {
    const here = this.replaying.end();
    try {
      return new Set([...here, ...(await this.projections.organisations(this.database))]);
    } catch (error) {
      log.warn('listeners of some organisations are not told to fetch again', { error: String(error) });
      return new Set(here);
    }
  }
}
