import { AsyncLocalStorage } from 'node:async_hooks';
import { type Server } from 'node:http';

/**
 * Counts the SQL statements that one piece of work causes, BEGIN and COMMIT included. The relay, the clock and the pack registry poll the same
 * database all the time; their statements run outside the async context of the work and are not counted.
 */
export class StatementCounter {
  private readonly context = new AsyncLocalStorage<true>();
  private counted = 0;

  constructor(database: { statements: number }) {
    let all = database.statements;
    Object.defineProperty(database, 'statements', {
      configurable: true,
      get: () => all,
      set: (n: number) => {
        if (this.context.getStore() === true) this.counted += n - all;
        all = n;
      },
    });
  }

  /** The statements that `work` causes in this process. */
  async during(work: () => Promise<unknown>): Promise<number> {
    const before = this.counted;
    await this.context.run(true, work);
    return this.counted - before;
  }

  /** From now on `total` includes everything that requests to the server cause. */
  watch(server: Server): void {
    for (const listener of server.listeners('request')) {
      server.off('request', listener as () => void);
      server.on('request', (...args: unknown[]) => this.context.run(true, () => (listener as (...a: unknown[]) => void)(...args)));
    }
  }

  /** Statements counted so far. */
  get total(): number {
    return this.counted;
  }
}
