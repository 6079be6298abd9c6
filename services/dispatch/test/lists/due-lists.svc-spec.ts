import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sla } from '@gongdan/contracts';
import { eventually } from '@gongdan/testing';
import { DispatchService } from '../dispatch-service.js';

const at = (hour: number): string => `2026-03-02T${String(hour).padStart(2, '0')}:00:00.000Z`;

describe('work lists by deadline', () => {
  let s: DispatchService;
  beforeAll(async () => {
    s = await DispatchService.start();
  });
  afterAll(() => s.service.close());

  const about = (ticketId: string) => ({ org: 'acme', ticketId, occurredAt: at(1) });
  const started = (ticketId: string, clock: string, dueAt: string) =>
    s.service.deliver(sla.ClockStarted.of({ ...about(ticketId), data: { clock, gen: 1, kind: 'hours', startedAt: at(1), dueAt } }));
  type Item = { ticketId: string; dueAt: string | null };
  const queue = async (query = ''): Promise<{ items: Item[]; next: string | null }> =>
    (await s.service.call('GET', `/v1/queues/billing${query}`, { as: s.person('wang') })).body as never;
  const ids = (items: Item[]): string[] => items.map((i) => i.ticketId);

  it('lists tasks of one priority by the nearest running deadline, those without one last, page by page, and next hands out the first', async () => {
    const [late, none, soon, urgent] = [await s.ticket(), await s.ticket(), await s.ticket(), await s.ticket({ priority: 'urgent' })];
    await started(late, 'resolve', at(20));
    await started(soon, 'resolve', at(22));
    await started(soon, 'first-reply', at(9));
    await eventually(async () => expect(ids((await queue()).items)).toEqual([urgent, soon, late, none]));
    expect((await queue()).items.map((i) => i.dueAt)).toEqual([null, at(9), at(20), null]);

    // Each page begins behind the last row of the one before.
    const paged: string[] = [];
    for (let cursor = ''; ;) {
      const page = await queue(`?limit=1${cursor}`);
      paged.push(...ids(page.items));
      if (page.next === null) break;
      cursor = `&cursor=${page.next}`;
    }
    expect(paged).toEqual([urgent, soon, late, none]);

    // A deadline that was extended, and one that pauses.
    const extended = { clock: 'first-reply', gen: 2, from: at(9), dueAt: at(21), originalDueAt: at(9), extendedAt: at(2), request: late };
    await s.service.deliver(sla.ClockExtended.of({ ...about(soon), data: extended }));
    await eventually(async () => expect(ids((await queue()).items)).toEqual([urgent, late, soon, none]));
    await s.service.deliver(sla.ClockPaused.of({ ...about(late), data: { clock: 'resolve', gen: 2, pausedAt: at(3), dueAt: at(20) } }));
    await eventually(async () => expect(ids((await queue()).items)).toEqual([urgent, soon, late, none]));
    expect((await queue()).items.map((i) => i.dueAt)).toEqual([null, at(21), null, null]);

    // A task that is opened later has the deadline of its case.
    expect((await s.act(soon, 'wang', 'accept')).status).toBe(200);
    const mine = await s.service.call('GET', '/v1/tasks/mine', { as: s.person('wang') });
    expect(mine.body['items']).toMatchObject([{ ticketId: soon, dueAt: at(21) }]);

    await started(none, 'resolve', at(8));
    await eventually(async () => expect(ids((await queue()).items)).toEqual([urgent, none, late]));
    const next = async () =>
      ((await s.service.call('POST', '/v1/queues/billing/next', { as: s.person('wang') })).body['case'] as Item).ticketId;
    expect([await next(), await next()]).toEqual([urgent, none]);
  });
});
