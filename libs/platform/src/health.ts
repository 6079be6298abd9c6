/** Why a service is not ready, if it is not: the reason in words. */
export type HealthCheck = () => Promise<string | undefined> | string | undefined;

/** What /health/live and /health/ready answer from. */
export class Health {
  private readonly checks = new Map<string, HealthCheck>();
  private fatal: string | undefined;
  private leaving = false;

  add(name: string, check: HealthCheck): void {
    this.checks.set(name, check);
  }

  /** Beyond repair: liveness fails and the supervisor starts a new process. */
  fail(reason: string): void {
    this.fatal = reason;
  }

  /** Shutting down: no new work should be sent here. */
  leave(): void {
    this.leaving = true;
  }

  live(): string | undefined {
    return this.fatal;
  }

  /** Reasons by part; empty means ready. A check that takes over two seconds is itself a reason. */
  async ready(): Promise<Record<string, string>> {
    const reasons: Record<string, string> = {};
    if (this.leaving) reasons['process'] = 'shutting down';
    await Promise.all(
      [...this.checks].map(async ([name, check]) => {
        const late = new Promise<string>((resolve) => setTimeout(resolve, 2_000, 'no answer within two seconds').unref());
        const reason = await Promise.race([Promise.resolve().then(check), late]).catch((error: unknown) => (error instanceof Error ? error.message : 'failed'));
        if (reason !== undefined) reasons[name] = reason;
      }),
    );
    return reasons;
  }
}
