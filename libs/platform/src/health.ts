/** Why a service is not ready, if it is not: the reason in words. */
export type HealthCheck = () => Promise<string | undefined> | string | undefined;

const LOOKS = 20;

/** What /health/live and /health/ready answer from. */
export class Health {
  static readonly lookEveryMs = 15_000;
  private readonly checks = new Map<string, HealthCheck>();
  private readonly loops = new Map<string, { turnedAt: () => number | undefined; seen: number | undefined; standing: number }>();
  private leaving = false;

  add(name: string, check: HealthCheck): void {
    this.checks.set(name, check);
  }

  /** A loop that must go on turning: when it last did, as a value that changes with each turn; undefined while it has no reason to. */
  watch(name: string, turnedAt: () => number | undefined): void {
    this.loops.set(name, { turnedAt, seen: undefined, standing: 0 });
  }

  /**
   * Looks at every loop; to be called every `lookEveryMs`. A loop that waits for an absent database does not count: a new process would wait as
   * well. Looks are counted, not time: a process that was stopped for an hour did not hang.
   */
  async look(): Promise<void> {
    const databaseAway = (await this.ready())['database'] !== undefined;
    for (const loop of this.loops.values()) {
      const at = loop.turnedAt();
      loop.standing = at === undefined || at !== loop.seen || databaseAway ? 0 : loop.standing + 1;
      loop.seen = at;
    }
  }

  /** Shutting down: no new work should be sent here. */
  leave(): void {
    this.leaving = true;
  }

  /** Why only a new process helps, if so: a loop stood still for five minutes. */
  live(): string | undefined {
    const hung = [...this.loops].find(([, loop]) => loop.standing >= LOOKS);
    return hung && `${hung[0]} has stopped turning`;
  }

  /** Reasons by part; empty means ready. A check that takes over two seconds is itself a reason. */
  async ready(): Promise<Record<string, string>> {
    const reasons: Record<string, string> = {};
    if (this.leaving) reasons['process'] = 'shutting down';
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
