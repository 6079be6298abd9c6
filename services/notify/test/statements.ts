import { type TestService } from '@gongdan/messaging/testing';

export interface Counted {
  /** Statements of notify's own code, BEGIN and COMMIT of its own transactions included. */
  own: number;
  /** Those of the consumer in libs/messaging around its handlers: BEGIN, marks, COMMIT. */
  consumer: number;
}

/**
 * Counts the SQL statements of a service by the code that sends them. Relay, leases, clock and pack registry query the same database all the time,
 * so a plain difference of `database.statements` would count their queries as well.
 */
export function countStatements(s: TestService): Counted {
  const { database } = s.running.app;
  const counted: Counted = { own: 0, consumer: 0 };
  let all = database.statements;
  Error.stackTraceLimit = 50;
  Object.defineProperty(database, 'statements', {
    get: () => all,
    set: (n: number) => {
      const stack = new Error().stack ?? '';
      if (/services\/notify\/(dist\/)?src\//.test(stack)) counted.own += n - all;
      else if (/inbox\/(consumer|marks)\./.test(stack)) counted.consumer += n - all;
      all = n;
    },
  });
  return counted;
}
