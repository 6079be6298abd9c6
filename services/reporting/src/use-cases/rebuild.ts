import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { TICKETS } from '@gongdan/contracts';
import { newId, NotFound } from '@gongdan/kernel';
import { BusHandle, type Subscription } from '@gongdan/messaging';
import { Database, logger, type Row } from '@gongdan/platform';
import { ProjectionsStore } from '../store/projections.store.js';

export interface RebuildState {
  id: string;
  startedAt: string;
  finishedAt: string | null;
  startedBy: string;
}

interface RebuildRow extends Row {
  id: string;
  started_at: string;
  finished_at: string | null;
  started_by: string;
}

const log = logger('rebuild');

/**
 * Derives everything again from the stream. The tables and the marks are emptied in one transaction; then a consumer group of its own reads
 * the topic from the beginning, while the live group's events wait behind the gap. Any replica may do it; a crash resumes where the
 * group stood.
 */
@Injectable()
export class Rebuild implements OnApplicationBootstrap, OnModuleDestroy {
  private stopped = false;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly store: ProjectionsStore,
    private readonly link: BusHandle,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const row = await this.database.one<RebuildRow>('select * from rebuilds where finished_at is null order by started_at desc limit 1');
    if (row) this.running = this.replay(row.id);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  async start(by: string): Promise<RebuildState> {
    const id = newId();
    await this.database.transaction(async (tx) => {
      await tx.run('update rebuilds set finished_at = clock_timestamp() where finished_at is null');
      await this.store.wipe(tx);
      await tx.run('insert into rebuilds (id, started_by) values ($1, $2)', [id, by]);
    });
    this.running = this.running.then(() => this.replay(id));
    return this.state(id);
  }

  async state(id: string): Promise<RebuildState> {
    const row = await this.database.one<RebuildRow>('select * from rebuilds where id = $1::uuid', [id]);
    if (!row) throw new NotFound('reporting/no-such-rebuild');
    return { id, startedAt: row.started_at, finishedAt: row.finished_at, startedBy: row.started_by };
  }

  private async replay(id: string): Promise<void> {
    const group = `gongdan-reporting-rebuild-${id}`;
    let subscription: Subscription | undefined;
    try {
      for (let tries = 0; !this.stopped; tries++) {
        try {
          subscription ??= await this.link.bus.subscribe(group, {
            topics: [TICKETS.name],
            onBatch: (messages, breathe) => this.link.server.consumer.apply(messages, breathe),
            onFatal: (error) => {
              log.error('the replay lost its client', { error: String(error) });
              subscription = undefined;
            },
          });
          const lag = await this.link.bus.lag(group, [TICKETS.name]);
          if (lag.every((l) => l.lag === 0)) {
            await this.database.run('update rebuilds set finished_at = clock_timestamp() where id = $1::uuid', [id]);
            break;
          }
        } catch (error) {
          log.warn('the replay waits', { error: String(error), tries });
        }
        await new Promise((wake) => setTimeout(wake, 250));
      }
    } finally {
      await subscription?.stop();
    }
  }
}
