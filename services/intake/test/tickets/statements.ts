import { AsyncLocalStorage } from 'node:async_hooks';
import { type Server } from 'node:http';
import { type TestService } from '@gongdan/messaging/testing';

/**
 * Counts the SQL statements that requests cause, BEGIN and COMMIT included. The relay, the clock and the pack registry use the same database
 * all the time; their statements run outside the async context of a request and are not counted.
 */
export function countStatements(s: TestService): () => number {
  const inRequest = new AsyncLocalStorage<true>();
  const server = s.running.app.nest.getHttpServer() as Server;
  for (const listener of server.listeners('request')) {
    server.off('request', listener as () => void);
    server.on('request', (...args: unknown[]) => inRequest.run(true, () => (listener as (...a: unknown[]) => void)(...args)));
  }
  const { database } = s.running.app;
  let all = database.statements;
  let counted = 0;
  Object.defineProperty(database, 'statements', {
    get: () => all,
    set: (n: number) => {
      if (inRequest.getStore()) counted += n - all;
      all = n;
    },
  });
  return () => counted;
}
