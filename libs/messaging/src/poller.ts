import { backoffMs } from '@gongdan/platform';

/** When the next turn follows. */
export interface Rest {
  ms: number;
  /** False: a wake-up does not shorten this rest. */
  wakeable?: boolean;
}

export interface PollerOptions {
  /** One turn; its result is how long to rest. When it rejects, the poller backs off (100 ms doubling to 2 s) and a wake-up does not shorten that. */
  turn: () => Promise<Rest>;
  onError?: (error: unknown, failures: number) => void;
}

/**
 * Runs turns one after the other, with rests between them that a wake-up ends. A wake-up during a turn, or during a rest that it may not end,
 * shortens the next rest that it may.
 */
export class Poller {
  private running: Promise<void> | undefined;
  private stopping = false;
  private woken = false;
  private endRest: ((bySystem: boolean) => void) | undefined;

  constructor(private readonly options: PollerOptions) {}

  start(): void {
    this.running ??= this.loop();
  }

  wake(): void {
    this.woken = true;
    this.endRest?.(false);
  }

  /** Resolves when the turn under way has ended. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.endRest?.(true);
    await this.running;
  }

  private async loop(): Promise<void> {
    let failures = 0;
    while (!this.stopping) {
      let rest: Rest;
      try {
        rest = await this.options.turn();
        failures = 0;
      } catch (error) {
        failures += 1;
        this.options.onError?.(error, failures);
        rest = { ms: backoffMs(failures), wakeable: false };
      }
      await this.rest(rest);
    }
  }

  private async rest({ ms, wakeable = true }: Rest): Promise<void> {
    if (this.stopping || ms <= 0) return;
    if (wakeable && this.woken) {
      this.woken = false;
      return;
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.endRest = (bySystem) => {
        if (!wakeable && !bySystem) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.endRest = undefined;
    if (wakeable) this.woken = false;
  }
}
