import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dispatch, intake } from '@gongdan/contracts';
import { idOf, newId, plusMs } from '@gongdan/kernel';
import { TestService } from '@gongdan/messaging/testing';
import { loadPack, packFolder } from '@gongdan/packs/files';
import { eventually } from '@gongdan/testing';
import { sla } from '../src/sla.module.js';

const H = 3_600_000;
const ORG = 'acme';

describe('firing', () => {
  let s: TestService;
  let replica: TestService;
  let now: string;

  beforeAll(async () => {
    s = await TestService.start(sla);
    replica = await TestService.start(sla, { bus: s.bus, database: s.database });
    now = s.running.app.clock.now();
    for (const key of ['starter', 'city-311'] as const) {
      const pack = loadPack(packFolder(key));
      await s.deliver(
        dispatch.PackPublished.of({
          org: ORG,
          ticketId: idOf(ORG, key),
          occurredAt: now,
          data: { key, version: pack.pack.version, digest: 'x', pack: pack as never },
        }),
      );
    }
  });
  afterAll(async () => {
    await replica.close();
    await s.close();
  });

  const register = async (at: string, more: Record<string, unknown> = {}): Promise<string> => {
    const ticketId = newId();
    const base = {
      number: `N-${ticketId.slice(-6)}`,
      pack: { key: 'city-311', version: 1 },
      channel: 'phone',
      type: 'complaint',
      category: 'noise',
      priority: 'ordinary',
      title: 'x',
      description: '',
      language: 'en',
      hasEmail: false,
      registeredAt: at,
    };
    await s.deliver(intake.TicketRegistered.of({ org: ORG, ticketId, occurredAt: at, data: { ...base, ...more } as never }));
    return ticketId;
  };
  const step = (state: string, version: number, at: string, unit = 'streets') => ({
    case: { step: state, state, unit, version } as never,
    at,
  });
  const dispatched = (ticketId: string, at: string, unit?: string) =>
    s.deliver(
      dispatch.TicketDispatched.of({
        org: ORG,
        ticketId,
        occurredAt: at,
        data: { ...step('dispatched', 1, at, unit), decision: newId(), rule: 'r', why: 'routed', hop: 1 },
      }),
    );
  const closed = (ticketId: string, at: string) =>
    s.deliver(dispatch.TicketClosed.of({ org: ORG, ticketId, occurredAt: at, data: step('closed', 2, at) }));
  const told = (ticketId: string) => s.emitted(ticketId).map((e) => e.name.slice(4));
  const clockOf = async (ticketId: string) =>
    ((await s.call('GET', `/v1/tickets/${ticketId}/clocks`)).body['items'] as Record<string, unknown>[] | undefined)?.[0];
  const shift = (offsetMs: number) => s.call('PUT', '/v1/clock', { body: { offsetMs } });

  it('fires everything that came due meanwhile, each once, and a ticket in due order', async () => {
    const tickets: string[] = [];
    for (let i = 0; i < 40; i++) {
      const ticket = await register(now);
      await dispatched(ticket, now);
      tickets.push(ticket);
    }
    const last = tickets.at(-1) ?? '';
    await eventually(async () => expect(await clockOf(last)).toMatchObject({ clock: 'service', state: 'running' }));
    await shift(30 * 24 * H);
    await eventually(() => expect(tickets.map(told)).toEqual(tickets.map(() => ['clock-started', 'clock-warned', 'clock-breached'])));
    expect((await s.running.app.database.one<{ n: number }>('select count(*) as n from clock_points'))?.n).toBe(0);
    await shift(0);
  });

  it('declares one breach of history that is open past its due instant, and no warning', async () => {
    const at = '2018-05-01T12:00:00.000Z';
    const ticket = await register(at, { history: { job: 'j', source: 'old', dueAt: plusMs(at, 48 * H) } });
    await eventually(() => expect(told(ticket)).toEqual(['clock-started', 'clock-breached']));
    expect(s.emitted(ticket)[1]).toMatchObject({ occurredAt: plusMs(at, 48 * H), data: { clock: 'imported', dueAt: plusMs(at, 48 * H) } });
    expect(await clockOf(ticket)).toMatchObject({ startedAt: at, breachedAt: plusMs(at, 48 * H), state: 'running' });
  });

  it('declares the breach first when the stop is heard before anybody looked', async () => {
    const at = plusMs(now, -20 * 24 * H);
    const ticket = await register(at);
    await dispatched(ticket, at);
    await closed(ticket, plusMs(at, 15 * 24 * H));
    await eventually(() => expect(told(ticket)).toContain('clock-stopped'));
    expect(told(ticket).filter((n) => n === 'clock-breached')).toHaveLength(1);
    expect(told(ticket).indexOf('clock-breached')).toBeLessThan(told(ticket).indexOf('clock-stopped'));
    expect(s.emitted(ticket).find((e) => e.name === 'sla.clock-breached')).toMatchObject({ data: { dueAt: plusMs(at, 14 * 24 * H) } });
    expect(await clockOf(ticket)).toMatchObject({ outcome: 'breached', state: 'stopped' });
  });

  it('judges by the instants when a stop from before the due instant comes after the breach', async () => {
    const at = plusMs(now, -20 * 24 * H);
    const ticket = await register(at);
    await dispatched(ticket, at);
    await eventually(() => expect(told(ticket)).toContain('clock-breached'));
    await closed(ticket, plusMs(at, 2 * 24 * H));
    await eventually(async () => expect(await clockOf(ticket)).toMatchObject({ outcome: 'met', breachedAt: plusMs(at, 14 * 24 * H) }));
    expect(told(ticket).filter((n) => n === 'clock-breached')).toHaveLength(1);
  });

  it('lists what is at risk by unit, soonest due first, page by page', async () => {
    const mine: string[] = [];
    for (const hours of [3, 1, 2]) {
      const at = plusMs(now, hours * 60_000);
      const ticket = await register(at);
      await dispatched(ticket, at, 'harbour');
      mine[hours - 1] = ticket;
    }
    const list = async (query: string) =>
      (await s.call('GET', `/v1/clocks?unit=harbour&${query}`)).body as {
        items: { ticketId: string; unit: string }[];
        next: string | null;
      };
    await eventually(async () => expect((await list('state=running')).items.map((i) => i.ticketId)).toEqual(mine));
    const first = await list('state=running&limit=2');
    expect(first.items.map((i) => i.ticketId)).toEqual(mine.slice(0, 2));
    expect(await list(`state=running&limit=2&cursor=${encodeURIComponent(first.next ?? '')}`)).toMatchObject({
      items: [{ ticketId: mine[2], unit: 'harbour' }],
      next: null,
    });
    expect((await list('breached=true')).items).toEqual([]);
    expect((await list(`dueBefore=${now}`)).items).toEqual([]);
    const closed = plusMs(now, 4 * 60_000);
    await s.deliver(
      dispatch.TicketClosed.of({
        org: 'acme',
        ticketId: mine[0] ?? '',
        occurredAt: closed,
        data: { case: { step: 'closed', state: 'closed', unit: 'harbour', version: 2 }, at: closed },
      }),
    );
    await eventually(async () => expect((await list('state=stopped')).items.map((i) => i.ticketId)).toEqual(mine.slice(0, 1)));
    expect((await list('')).items.map((i) => i.ticketId)).toEqual(mine.slice(1));
    const unroutable = plusMs(now, 5 * 60_000);
    await s.deliver(
      dispatch.TicketUnroutable.of({
        org: 'acme',
        ticketId: mine[1] ?? '',
        occurredAt: unroutable,
        data: { case: { step: 'unroutable', state: 'unroutable', version: 2 }, at: unroutable, decision: newId() },
      }),
    );
    await eventually(async () => expect((await list('')).items.map((i) => i.ticketId)).toEqual(mine.slice(2)));
    expect((await s.call('GET', '/v1/clocks', { as: { org: 'other' } })).body).toEqual({ items: [], next: null });
    expect((await s.call('GET', '/v1/clocks', { as: null })).status).toBe(401);
  });
});
