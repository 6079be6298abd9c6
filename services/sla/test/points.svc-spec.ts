import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { plusMs } from '@gongdan/kernel';
import { type Tx } from '@gongdan/platform';
import { eventually } from '@gongdan/testing';
import { HOUR, message, resumption, SlaService, suspension } from './sla-service.js';

const DAY = 24 * HOUR;

/**
 * What keeps a clock from firing wrongly: its points are replaced with it, a point fires for its own generation only, and due points are claimed under
 * the lock of their ticket. Each test fails when one of these is taken away.
 */
describe('due points', () => {
  let s: SlaService;
  beforeAll(async () => {
    s = await SlaService.start();
  });
  afterAll(() => s.close());

  interface Point {
    point: string;
    gen: number;
    due_at: string;
  }
  const pointsOf = (ticket: string) =>
    s.service.running.app.database.rows<Point>('select point, gen, due_at from clock_points where ticket_id = $1 order by due_at', [
      ticket,
    ]);

  /** A ticket of its own that is due at the same time: when it has fired, any other due point would have fired too. */
  async function witness(at: string): Promise<() => Promise<void>> {
    const ticket = await s.cityTicket(at);
    await eventually(async () => expect(await pointsOf(ticket)).toHaveLength(2));
    return () => eventually(() => expect(s.published(ticket)).toContain('clock-breached service'));
  }

  it('deletes the points of a paused clock, which then fires nothing however late it gets', async () => {
    const ticket = await s.cityTicket(s.now);
    await eventually(async () => expect(await pointsOf(ticket)).toMatchObject([{ point: 'eighty-percent' }, { point: 'due' }]));
    await s.suspended(ticket, plusMs(s.now, DAY));
    await eventually(async () => expect(await s.clocksOf(ticket)).toMatchObject([{ state: 'paused' }]));
    expect(await pointsOf(ticket)).toEqual([]);
    const fired = await witness(s.now);
    await s.shift(60 * DAY);
    await fired();
    expect(s.published(ticket)).toEqual(['clock-started service', 'clock-paused service']);
    await s.shift(0);
  });

  it('replaces the points of a resumed clock: nothing fires at the old instants, and each new point fires once', async () => {
    const ticket = await s.cityTicket(s.now);
    await s.suspended(ticket, plusMs(s.now, DAY));
    await s.resumed(ticket, plusMs(s.now, 11 * DAY));
    await eventually(async () => expect(await s.clocksOf(ticket)).toMatchObject([{ gen: 3, dueAt: plusMs(s.now, 24 * DAY) }]));
    const points = await pointsOf(ticket);
    expect(points.map((p) => [p.point, p.gen, p.due_at])).toEqual([
      ['eighty-percent', 3, plusMs(s.now, (0.8 * 14 + 10) * DAY)],
      ['due', 3, plusMs(s.now, 24 * DAY)],
    ]);
    const moved = ['clock-started service', 'clock-paused service', 'clock-resumed service'];
    const fired = await witness(s.now);
    await s.shift(20 * DAY);
    await fired();
    expect(s.published(ticket)).toEqual(moved);
    await s.shift(25 * DAY);
    await eventually(() =>
      expect(s.published(ticket)).toEqual([...moved, 'clock-warned service eighty-percent', 'clock-breached service']),
    );
    expect(s.dataOf(ticket, 'clock-breached')).toMatchObject([{ gen: 3, dueAt: plusMs(s.now, 24 * DAY) }]);
    await s.shift(0);
  });

  it('replaces the points of a clock that pauses and resumes within one batch, each under its old key', async () => {
    const ticket = await s.cityTicket(s.now);
    await eventually(async () => expect(await pointsOf(ticket)).toMatchObject([{ gen: 1 }, { gen: 1 }]));
    const [paused, resumed] = [plusMs(s.now, DAY), plusMs(s.now, 3 * DAY)];
    await s.service.running.server.consumer.apply([message(suspension(ticket, paused), 0, 2), message(resumption(ticket, resumed), 1, 3)]);
    expect((await pointsOf(ticket)).map((p) => [p.point, p.gen, p.due_at])).toEqual([
      ['eighty-percent', 3, plusMs(s.now, (0.8 * 14 + 2) * DAY)],
      ['due', 3, plusMs(s.now, 16 * DAY)],
    ]);
    await s.shift(17 * DAY);
    await eventually(() => expect(s.dataOf(ticket, 'clock-breached')).toMatchObject([{ gen: 3, dueAt: plusMs(s.now, 16 * DAY) }]));
    await s.shift(0);
  });

  it('deletes the points of a stopped clock', async () => {
    const ticket = await s.cityTicket(s.now);
    await s.closed(ticket, plusMs(s.now, DAY));
    await eventually(async () => expect(await s.clocksOf(ticket)).toMatchObject([{ state: 'stopped' }]));
    expect(await pointsOf(ticket)).toEqual([]);
  });

  it.each(['an older generation', 'a clock that does not run'])(
    'drops a due point of %s that was left behind, without firing it',
    async (kind) => {
      const ticket = await s.cityTicket(s.now);
      await eventually(async () => expect(await s.clocksOf(ticket)).toHaveLength(1));
      const old = kind === 'an older generation';
      if (old) {
        await s.suspended(ticket, plusMs(s.now, DAY));
        await s.resumed(ticket, plusMs(s.now, 2 * DAY));
      } else await s.closed(ticket, plusMs(s.now, DAY));
      await eventually(async () => expect(await s.clocksOf(ticket)).toMatchObject([old ? { gen: 3 } : { state: 'stopped' }]));
      const before = old
        ? ['clock-started service', 'clock-paused service', 'clock-resumed service']
        : ['clock-started service', 'clock-stopped service'];
      await eventually(() => expect(s.published(ticket)).toEqual(before));
      await leaveBehind(ticket, plusMs(s.now, -HOUR));
      await eventually(async () => expect((await pointsOf(ticket)).filter((p) => p.point === 'left-behind' || p.gen === 1)).toEqual([]));
      expect(s.published(ticket)).toEqual(before);
      const [{ breached_at } = { breached_at: 'none' }] = await s.service.running.app.database.rows<{ breached_at: string | null }>(
        'select breached_at from clocks where ticket_id = $1',
        [ticket],
      );
      expect(breached_at).toBeNull();
    },
  );

  // As a version of sla that forgot to replace points would leave it: generation 1, due already, next to the points of the clock.
  async function leaveBehind(ticket: string, dueAt: string): Promise<void> {
    const { database } = s.service.running.app;
    await database.transaction(async (tx: Tx) => {
      await tx.run("delete from clock_points where ticket_id = $1 and point = 'due'", [ticket]);
      await tx.run(
        "insert into clock_points (org, ticket_id, clock, point, gen, due_at) values ('acme', $1, 'service', 'due', 1, $2), ('acme', $1, 'service', 'left-behind', 1, $2)",
        [ticket, dueAt],
      );
    });
  }

  it('leaves a due point alone while a transaction holds its ticket, and decides about it by what that transaction wrote', async () => {
    const ticket = await s.cityTicket(s.now);
    await eventually(async () => expect(await pointsOf(ticket)).toHaveLength(2));
    const fired = await witness(s.now);
    // The handler of an event holds the ticket: its pause was decided before the due instant and is not committed yet.
    await s.service.running.app.database.transaction(async (tx) => {
      await tx.run('select 1 from sla_tickets where id = $1 for update', [ticket]);
      await s.shift(60 * DAY);
      await fired();
      expect(s.published(ticket)).toEqual(['clock-started service']);
      await tx.run("update clocks set state = 'paused', gen = 2 where ticket_id = $1", [ticket]);
      await tx.run('delete from clock_points where ticket_id = $1', [ticket]);
    });
    const second = await s.cityTicket(s.now);
    await eventually(() => expect(s.published(second)).toContain('clock-breached service'));
    expect(s.published(ticket)).toEqual(['clock-started service']);
    await s.shift(0);
  });
});
