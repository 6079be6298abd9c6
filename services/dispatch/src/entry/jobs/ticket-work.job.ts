import { type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Poller, type Rest } from '@gongdan/messaging';
import { type Database, isDatabaseAway, logger, type Tx } from '@gongdan/platform';

const REST_MS = 500;
/** While nothing waits the rest doubles up to this: rows of this process ring the bell, and those of another replica wait so long. */
const LONGEST_REST_MS = 2_000;

/** Work on many tickets, each in a transaction of its own. Replicas share the rows by SKIP LOCKED. A row that fails is set aside, so that it stops no other. */
export abstract class TicketWorkJob<W extends object> implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly poller: Poller;
  private readonly log;
  private restMs = REST_MS;
  protected stopping = false;

  protected constructor(
    protected readonly database: Database,
    /** `batch` rows are read at a time, and `lanes` of them done at the same time: each takes a connection of the pool, which the requests of people need, too. */
    private readonly about: { name: string; batch: number; lanes: number },
  ) {
    this.log = logger(about.name);
    this.poller = new Poller({
      turn: () => this.turn(),
      onError: (error) => this.log.warn('work on tickets waits', { error: String(error) }),
    });
  }

  onApplicationBootstrap(): void {
    this.onWork(() => this.poller.wake());
    this.poller.start();
  }

  onModuleDestroy(): Promise<void> {
    this.stopping = true;
    return this.poller.stop();
  }

  /** Calls the listener when this process has made work. */
  protected abstract onWork(listener: () => void): void;
  protected abstract waiting(limit: number): Promise<W[]>;
  protected abstract run(tx: Tx, work: W): Promise<void>;
  protected abstract setAside(work: W): Promise<void>;

  protected async turn(): Promise<Rest> {
    const { batch, lanes } = this.about;
    const waiting = await this.waiting(batch);
    const rest = [...waiting];
    const lane = async (): Promise<void> => {
      for (let work = rest.shift(); work !== undefined && !this.stopping; work = rest.shift()) await this.one(work);
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    this.restMs = waiting.length > 0 ? REST_MS : Math.min(2 * this.restMs, LONGEST_REST_MS);
    return { ms: waiting.length < batch ? this.restMs : 0 };
  }

  private async one(work: W): Promise<void> {
    try {
      await this.database.transaction((tx) => this.run(tx, work));
    } catch (error) {
      if (isDatabaseAway(error)) throw error;
      await this.setAside(work);
      this.log.error('work on a ticket failed and is retried', { ...work, error: String(error) });
    }
  }
}
