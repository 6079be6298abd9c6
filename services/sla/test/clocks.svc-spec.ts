import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dispatch } from '@gongdan/contracts';
import { newId, plusMs } from '@gongdan/kernel';
import { eventually, StatementCounter } from '@gongdan/testing';
import { caseAt, dispatched, HOUR, message, ORG, published, registration, SlaService, starter } from './sla-service.js';

/** Monday, 09:00 in Shanghai: two open hours end at 11:00, seven working days at the end of Wednesday 11 March. */
const MONDAY = '2026-03-02T01:00:00.000Z';

describe('clocks', () => {
  let s: SlaService;
  beforeAll(async () => {
    s = await SlaService.start();
  });
  afterAll(() => s.close());

  async function startedOnMonday(): Promise<string> {
    const ticket = await s.register(MONDAY);
    await s.dispatched(ticket, MONDAY);
    return ticket;
  }

  it('starts the clocks of the pack with their due instants', async () => {
    const ticket = await startedOnMonday();
    await eventually(() =>
      expect(s.published(ticket)).toEqual(expect.arrayContaining(['clock-started first-reply', 'clock-started resolve'])),
    );
    expect(await s.clocksOf(ticket)).toMatchObject([
      { clock: 'first-reply', dueAt: '2026-03-02T03:00:00.000Z' },
      { clock: 'resolve', dueAt: '2026-03-11T16:00:00.000Z' },
    ]);
    expect((await s.service.call('GET', `/v1/tickets/${ticket}/clocks`, { as: { org: 'other' } })).status).toBe(404);
  });

  it('lists the calendars of a pack and whether the holidays of a year are known', async () => {
    await eventually(async () =>
      expect((await s.service.call('GET', '/v1/calendars/starter')).body).toMatchObject({
        items: [{ years: [{ covered: true }, { covered: false }] }],
      }),
    );
    expect((await s.service.call('GET', '/v1/calendars/unknown')).status).toBe(404);
  });

  it('pauses while the complainant is awaited and keeps what is left', async () => {
    const ticket = await startedOnMonday();
    await s.suspended(ticket, plusMs(MONDAY, HOUR));
    await eventually(async () => expect((await s.clocksOf(ticket)).map((c) => c.state)).toEqual(['paused', 'paused']));
    // One of two open hours is left: resumed on Tuesday at 09:00, the clock is due at 10:00.
    const resumed = plusMs(MONDAY, 24 * HOUR);
    await s.resumed(ticket, resumed);
    await eventually(async () =>
      expect((await s.clocksOf(ticket))[0]).toMatchObject({
        clock: 'first-reply',
        state: 'running',
        dueAt: '2026-03-03T02:00:00.000Z',
        gen: 3,
      }),
    );
    await s.replied(ticket, plusMs(resumed, HOUR), 4);
    await eventually(() => expect(s.dataOf(ticket, 'clock-stopped')).toMatchObject([{ outcome: 'met', pausedMs: 23 * HOUR }]));
  });

  it('resumes the clocks of a suspended case when the case is transferred', async () => {
    const ticket = await startedOnMonday();
    await s.suspended(ticket, plusMs(MONDAY, HOUR));
    const transferredAt = plusMs(MONDAY, 24 * HOUR);
    await s.deliver(
      dispatch.TicketTransferred.of({
        org: ORG,
        ticketId: ticket,
        occurredAt: transferredAt,
        data: { ...caseAt('accepted', 3, transferredAt), fromUnit: 'network', reason: 'on leave' },
      }),
    );
    await eventually(async () =>
      expect((await s.clocksOf(ticket)).map((c) => [c.clock, c.state, c.dueAt])).toEqual([
        ['first-reply', 'running', '2026-03-03T02:00:00.000Z'],
        ['resolve', 'running', '2026-03-12T16:00:00.000Z'],
      ]),
    );
  });

  it('does not start the first-reply clock again when a replied case is returned, and starts it when the case is reopened', async () => {
    const ticket = await s.register();
    await s.dispatched(ticket, s.now);
    const [replied, returned, reopened] = [1, 2, 3].map((minutes) => plusMs(s.now, minutes * 60_000)) as [string, string, string];
    await s.replied(ticket, replied);
    await s.deliver(dispatched(ticket, returned, 'network', ORG, { why: 'returned', hop: 3 }));
    await s.deliver(dispatched(ticket, reopened, 'network', ORG, { why: 'reopened', hop: 4 }));
    // A start at the return would make the reopening find a running clock.
    await eventually(async () =>
      expect((await s.clocksOf(ticket)).find((c) => c.clock === 'first-reply')).toMatchObject({ gen: 2, startedAt: reopened }),
    );
  });

  it('applies a pack before the tickets that are delivered with it', async () => {
    const [org, ticketId] = ['newcomer', newId()];
    const drafts = [registration(ticketId, s.now, {}, org), dispatched(ticketId, s.now, 'network', org), published(starter, org, s.now)];
    await s.service.running.server.consumer.apply(drafts.map((draft, i) => message(draft, i)));
    expect(await s.clocksOf(ticketId, org)).toMatchObject([{ clock: 'first-reply' }, { clock: 'resolve' }]);
    expect(await s.service.running.app.database.rows('select 1 from parked_events')).toEqual([]);
  });

  it('parks a ticket whose pack is missing and starts its clocks when the pack arrives', async () => {
    const [org, ticketId] = ['early-bird', newId()];
    await s.deliver(registration(ticketId, s.now, {}, org));
    await s.deliver(dispatched(ticketId, s.now, 'network', org));
    await eventually(async () =>
      expect(await s.service.running.app.database.rows('select code from parked_events order by id')).toMatchObject([
        { code: 'sla/pack-not-here' },
        { code: 'messaging/behind' },
      ]),
    );
    await s.deliver(published(starter, org, s.now));
    await eventually(async () => expect(await s.clocksOf(ticketId, org)).toMatchObject([{ clock: 'first-reply' }, { clock: 'resolve' }]));
    await eventually(async () => expect(await s.service.running.app.database.rows('select 1 from parked_events')).toEqual([]));
  });

  it('spends at most four statements on a batch beside those of the inbox, and two on one that changes nothing or only registers', async () => {
    const statements = new StatementCounter(s.service.running.app.database);
    const apply = (drafts: ReturnType<typeof registration>[]) =>
      statements.during(() => s.service.running.server.consumer.apply(drafts.map((draft, i) => message(draft, i))));
    const tickets = Array.from({ length: 10 }, () => newId());
    // BEGIN and COMMIT, marks read and moved; lock the tickets, save them.
    expect(await apply(tickets.map((id) => registration(id, s.now)))).toBeLessThanOrEqual(4 + 2);
    const started = await apply(tickets.map((id) => dispatched(id, s.now)));
    // The same, and: read the clocks, append to the outbox.
    expect(started).toBeLessThanOrEqual(4 + 4);
    const [first = ''] = tickets;
    const accepted = { case: dispatch.caseOfOneTask({ step: 'handling', state: 'accepted', unit: 'network', version: 2 }), at: s.now };
    const event = message(dispatch.TicketAccepted.of({ org: ORG, ticketId: first, occurredAt: s.now, data: accepted }), 99, 2);
    const unchanged = await statements.during(() => s.service.running.server.consumer.apply([event]));
    expect(unchanged).toBeLessThanOrEqual(4 + 2);
    expect(await s.service.running.app.database.one('select count(*)::int as parked from parked_events')).toEqual({ parked: 0 });
  });
});
