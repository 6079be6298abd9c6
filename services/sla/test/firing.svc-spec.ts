import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dispatch } from '@gongdan/contracts';
import { newId, plusMs } from '@gongdan/kernel';
import { eventually } from '@gongdan/testing';
import { caseAt, CITY, HOUR, ORG, SlaService } from './sla-service.js';

const DAY = 24 * HOUR;

describe('firing', () => {
  let s: SlaService;
  beforeAll(async () => {
    s = await SlaService.start();
  });
  afterAll(() => s.close());

  it('warns and breaches exactly once with two replicas and everything delivered twice, at the true due instant', async () => {
    const ticket = await s.register();
    await s.dispatched(ticket, s.now);
    await eventually(async () => expect(await s.clocksOf(ticket)).toHaveLength(2));
    await s.shift(60 * DAY);
    await eventually(() =>
      expect(
        s
          .published(ticket)
          .filter((n) => !n.startsWith('clock-started'))
          .sort(),
      ).toEqual([
        'clock-breached first-reply',
        'clock-breached resolve',
        'clock-warned first-reply eighty-percent',
        'clock-warned resolve eighty-percent',
      ]),
    );
    const [breach] = s.dataOf(ticket, 'clock-breached') as { dueAt: string; firedAt: string }[];
    expect(breach?.firedAt.localeCompare(breach.dueAt)).toBe(1);
    const first = (await s.clocksOf(ticket)).find((c) => c.clock === 'first-reply');
    expect(breach?.dueAt).toBe(first?.dueAt);
    const event = (name: string) => s.service.emitted(ticket).find((e) => e.name === name);
    expect(event('sla.clock-breached')).toMatchObject({
      correlationId: event('sla.clock-started')?.correlationId,
      causationId: event('sla.clock-started')?.causationId,
    });
    await s.replied(ticket, plusMs(s.now, 61 * DAY));
    await eventually(() => expect(s.published(ticket)).toContain('clock-stopped first-reply'));
    expect(s.published(ticket).filter((n) => n === 'clock-breached first-reply')).toHaveLength(1);
    expect((await s.clocksOf(ticket)).find((c) => c.clock === 'first-reply')).toMatchObject({ state: 'stopped', outcome: 'breached' });
    await s.shift(0);
  });

  it('fires everything that came due during an outage once, and the points of a ticket in due order', async () => {
    const tickets: string[] = [];
    for (let i = 0; i < 40; i++) tickets.push(await s.cityTicket(s.now));
    const last = tickets.at(-1) ?? '';
    await eventually(async () => expect(await s.clocksOf(last)).toMatchObject([{ clock: 'service', state: 'running' }]));
    await s.shift(30 * DAY);
    const expected = ['clock-started service', 'clock-warned service eighty-percent', 'clock-breached service'];
    await eventually(() => expect(tickets.map((t) => s.published(t))).toEqual(tickets.map(() => expected)));
    expect(await s.service.running.app.database.rows('select 1 from clock_points')).toEqual([]);
    await s.shift(0);
  });

  it('declares one breach and no warning for an imported ticket that is open past its due instant', async () => {
    const at = '2018-05-01T12:00:00.000Z';
    const dueAt = plusMs(at, 48 * HOUR);
    const ticket = await s.register(at, { ...CITY, history: { job: 'j', source: 'old', dueAt } });
    await eventually(() => expect(s.published(ticket)).toEqual(['clock-started imported', 'clock-breached imported']));
    expect(s.service.emitted(ticket)[1]).toMatchObject({ occurredAt: dueAt, data: { clock: 'imported', dueAt } });
    expect(await s.clocksOf(ticket)).toMatchObject([{ startedAt: at, breachedAt: dueAt, state: 'running' }]);
  });

  it('uses the instants of an imported ticket and fires nothing for it when its closing arrives late', async () => {
    const at = '2018-05-01T12:00:00.000Z';
    const imported = (hours: number) =>
      s.register(at, {
        ...CITY,
        history: { job: 'j', source: 'old', dueAt: plusMs(at, 48 * HOUR), closedAt: plusMs(at, hours * HOUR) },
      });
    const [kept, broken] = [await imported(10), await imported(72)];
    for (const ticket of [kept, broken]) await s.dispatched(ticket, at);
    // The breach shows that everything overdue has fired by now.
    await eventually(() => expect(s.published(broken)).toEqual(['clock-started imported', 'clock-breached imported']));
    expect(s.published(kept)).toEqual(['clock-started imported']);
    await s.closed(kept, plusMs(at, 10 * HOUR));
    await s.closed(broken, plusMs(at, 72 * HOUR));
    await eventually(() => expect(s.published(kept)).toEqual(['clock-started imported', 'clock-stopped imported']));
    await eventually(() => expect(s.published(broken).slice(1)).toEqual(['clock-breached imported', 'clock-stopped imported']));
    expect(await s.clocksOf(kept)).toMatchObject([{ outcome: 'met' }]);
    expect(await s.clocksOf(broken)).toMatchObject([{ outcome: 'breached', dueAt: plusMs(at, 48 * HOUR) }]);
  });

  it('publishes the warning and the breach that it missed before the stop that arrives with them', async () => {
    const at = plusMs(s.now, -20 * DAY);
    const ticket = await s.cityTicket(at);
    await s.closed(ticket, plusMs(at, 15 * DAY));
    const expected = ['clock-started service', 'clock-warned service eighty-percent', 'clock-breached service', 'clock-stopped service'];
    await eventually(() => expect(s.published(ticket)).toEqual(expected));
    expect(s.dataOf(ticket, 'clock-breached')).toMatchObject([{ dueAt: plusMs(at, 14 * DAY) }]);
    expect(await s.clocksOf(ticket)).toMatchObject([{ outcome: 'breached', state: 'stopped' }]);
  });

  it('publishes a warning that it missed once, late, when the stop in time arrives before it fired', async () => {
    const at = plusMs(s.now, -20 * DAY);
    const ticket = newId();
    await s.applyAtOnce(ticket, at, plusMs(at, 12 * DAY));
    await eventually(() =>
      expect(s.published(ticket)).toEqual(['clock-started service', 'clock-warned service eighty-percent', 'clock-stopped service']),
    );
    expect(s.dataOf(ticket, 'clock-warned')).toMatchObject([{ warnedFor: plusMs(at, 0.8 * 14 * DAY), dueAt: plusMs(at, 14 * DAY) }]);
    expect(await s.clocksOf(ticket)).toMatchObject([{ outcome: 'met' }]);
  });

  it('counts a stop from before the due instant as met when it arrives after the breach', async () => {
    const at = plusMs(s.now, -20 * DAY);
    const ticket = await s.cityTicket(at);
    await eventually(() => expect(s.published(ticket)).toContain('clock-breached service'));
    await s.closed(ticket, plusMs(at, 2 * DAY));
    await eventually(async () => expect(await s.clocksOf(ticket)).toMatchObject([{ outcome: 'met', breachedAt: plusMs(at, 14 * DAY) }]));
    expect(s.published(ticket).filter((n) => n === 'clock-breached service')).toHaveLength(1);
  });

  it('lists the clocks of a unit, soonest due first, page by page', async () => {
    const mine: string[] = [];
    for (const minutes of [3, 1, 2]) mine[minutes - 1] = await s.cityTicket(plusMs(s.now, minutes * 60_000), 'harbour');
    const list = async (query: string) =>
      (await s.service.call('GET', `/v1/clocks?unit=harbour&${query}`)).body as {
        items: { ticketId: string; unit: string }[];
        next: string | null;
      };
    const idsOf = async (query: string) => (await list(query)).items.map((i) => i.ticketId);
    await eventually(async () => expect(await idsOf('state=running')).toEqual(mine));
    const first = await list('state=running&limit=2');
    expect(first.items.map((i) => i.ticketId)).toEqual(mine.slice(0, 2));
    expect(await list(`state=running&limit=2&cursor=${encodeURIComponent(first.next ?? '')}`)).toMatchObject({
      items: [{ ticketId: mine[2], unit: 'harbour' }],
      next: null,
    });
    expect((await list('breached=true')).items).toEqual([]);
    expect((await list(`dueBefore=${s.now}`)).items).toEqual([]);
    await s.deliver(closedIn('harbour', mine[0] ?? '', plusMs(s.now, 5 * 60_000)));
    await eventually(async () => expect(await idsOf('state=stopped')).toEqual(mine.slice(0, 1)));
    expect(await idsOf('')).toEqual(mine.slice(1));
    const unroutable = plusMs(s.now, 5 * 60_000);
    await s.deliver(
      dispatch.TicketUnroutable.of({
        org: ORG,
        ticketId: mine[1] ?? '',
        occurredAt: unroutable,
        data: { case: dispatch.caseOfOneTask({ step: 'unroutable', state: 'unroutable', version: 2 }), at: unroutable, decision: newId() },
      }),
    );
    await eventually(async () => expect(await idsOf('')).toEqual(mine.slice(2)));
    expect((await s.service.call('GET', '/v1/clocks', { as: { org: 'other' } })).body).toEqual({ items: [], next: null });
    expect((await s.service.call('GET', '/v1/clocks', { as: null })).status).toBe(401);
  });

  it.each(['+23:59', '-23:59', '+16:00'])('accepts a filter with the offset %s, which Postgres does not know', async (offset) => {
    const dueBefore = encodeURIComponent(`2026-03-02T09:00:00${offset}`);
    expect((await s.service.call('GET', `/v1/clocks?dueBefore=${dueBefore}`)).status).toBe(200);
  });

  it('answers 400 to a cursor whose parts are invalid', async () => {
    const cursor = Buffer.from(JSON.stringify(['no instant', newId(), 'reply'])).toString('base64url');
    expect((await s.service.call('GET', `/v1/clocks?cursor=${cursor}`)).status).toBe(400);
  });
});

function closedIn(unit: string, ticketId: string, at: string) {
  return dispatch.TicketClosed.of({ org: ORG, ticketId, occurredAt: at, data: caseAt('closed', 3, at, unit) });
}
