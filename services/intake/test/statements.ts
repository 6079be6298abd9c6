import { AsyncLocalStorage } from 'node:async_hooks';
import { type Server } from 'node:http';
import { type TestService } from '@gongdan/messaging/testing';

/**
 * Counts the SQL statements requests cause, BEGIN and COMMIT included. The relay, the clock and the shelf of packs ask the same database
 * all the time: what runs outside the request's own async context is theirs.
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
  let ofRequests = 0;
  Object.defineProperty(database, 'statements', {
    get: () => all,
    set: (n: number) => {
      if (inRequest.getStore()) ofRequests += n - all;
      all = n;
    },
  });
  return () => ofRequests;
}
