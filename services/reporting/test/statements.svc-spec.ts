import { AsyncLocalStorage } from 'node:async_hooks';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type EventDraft } from '@gongdan/contracts';
import { MemoryBus, TestService } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { reporting } from '../src/reporting.module.js';
import { clockBreached, clockStarted, clockStopped, closed, dispatched, messageSent, registered, subject } from './tickets.js';

describe('the cost of an event that arrives alone', () => {
  let s: TestService;
  let counted = 0;
  const delivery = new AsyncLocalStorage<true>();

  beforeAll(async () => {
    s = await TestService.start(reporting, { bus: new MemoryBus({ twice: false }) });
    // Relay, clock and healing query the same database all the time: statements outside the context of the delivery are theirs.
    const { database } = s.running.app;
    let all = database.statements;
    Object.defineProperty(database, 'statements', {
      get: () => all,
      set: (n: number) => {
        if (delivery.getStore()) counted += n - all;
        all = n;
      },
    });
  });
  afterAll(() => s.close());

  const ticket = subject();
  // One statement less for a message, which changes no row.
  const lot: [string, EventDraft, number?][] = [
    ['a registration', registered(ticket, 'GD1')],
    ['a dispatch', dispatched(ticket)],
    ['the start of a clock', clockStarted(ticket)],
    ['a breach', clockBreached(ticket)],
    ['the end of a clock', clockStopped(ticket, 5)],
    ['a closing', closed(ticket, 2, 6)],
    ['a message', messageSent(ticket, 6), 4],
  ];

  it.each(lot.map(([name, draft, most = 5], i) => ({ name, draft, most, i })))(
    'sends at most $most statements for $name that arrives alone: BEGIN, marks, (read,) write, COMMIT',
    async ({ draft, most, i }) => {
      const before = counted;
      await delivery.run(true, () => s.deliver(draft));
      await eventually(async () =>
        expect((await s.call('GET', `/v1/tickets/${ticket.ticketId}/history`)).body['history']).toHaveLength(i + 1),
      );
      expect(counted - before).toBeGreaterThan(2);
      expect(counted - before).toBeLessThanOrEqual(most);
    },
  );
});
