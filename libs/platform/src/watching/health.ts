/** Returns the reason why a service is not ready, or undefined when it is. */
export type HealthCheck = () => Promise<string | undefined> | string | undefined;

/** Examinations without progress after which a loop counts as hung: five minutes. */
const HUNG_AFTER = 20;

/** Collects what /health/live and /health/ready answer. */
export class Health {
  static readonly examineEveryMs = 15_000;
  private readonly checks = new Map<string, HealthCheck>();
  private readonly loops = new Map<string, { progress: () => number | undefined; last: number | undefined; unchanged: number }>();
  private draining = false;

  add(name: string, check: HealthCheck): void {
    this.checks.set(name, check);
  }

  /**
   * Watches a loop that must not hang. `progress` returns a value that changes with each turn of the loop, or undefined while the loop has
   * no reason to turn.
   */
  watch(name: string, progress: () => number | undefined): void {
    this.loops.set(name, { progress, last: undefined, unchanged: 0 });
  }

  /**
   * Examines every loop; must be called every `examineEveryMs`. A loop that waits for an absent database does not count as hung, because a new
   * process would wait as well. Examinations are counted instead of time: a process that was stopped for an hour did not hang.
   */
  async examine(): Promise<void> {
    const databaseAway = (await this.ready())['database'] !== undefined;
    for (const loop of this.loops.values()) {
      const now = loop.progress();
      loop.unchanged = now === undefined || now !== loop.last || databaseAway ? 0 : loop.unchanged + 1;
      loop.last = now;
    }
  }

  /** From now on the service is not ready, because it shuts down. */
  drain(): void {
    this.draining = true;
  }

  /** The reason why only a new process helps: a loop has hung for five minutes. Undefined when all is well. */
  live(): string | undefined {
    const hung = [...this.loops].find(([, loop]) => loop.unchanged >= HUNG_AFTER);
    return hung && `${hung[0]} has made no progress for five minutes`;
  }

  /** The reasons why the service is not ready, by part; empty when it is. A check that takes over two seconds counts as a reason. */
  async ready(): Promise<Record<string, string>> {
    const reasons: Record<string, string> = {};
    if (this.draining) reasons['process'] = 'shutting down';
    await Promise.all(
      [...this.checks].map(async ([name, check]) => {
        const late = new Promise<string>((resolve) => setTimeout(resolve, 2_000, 'no answer within two seconds').unref());
        const reason = await Promise.race([Promise.resolve().then(check), late]).catch((error: unknown) =>
          error instanceof Error ? error.message : 'failed',
        );
        if (reason !== undefined) reasons[name] = reason;
      }),
    );
    return reasons;
  }
}
