import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dispatch, type EventDraft, intake, PACKS, TICKETS, topicOf, toWire } from '@gongdan/contracts';
import { idOf, newId, plusMs } from '@gongdan/kernel';
import { signedBy, TestService } from '@gongdan/messaging/testing';
import { loadPack, packFolder } from '@gongdan/packs/files';
import { eventually } from '@gongdan/testing';
import { sla } from '../src/sla.module.js';

const H = 3_600_000;

describe('sla', () => {
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
          org: 'acme',
          ticketId: idOf('acme', key),
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

  async function register(more: Record<string, unknown> = {}, at = now, org = 'acme'): Promise<string> {
    const ticketId = newId();
    const base = {
      number: `N-${ticketId.slice(-6)}`,
      pack: { key: 'starter', version: loadPack(packFolder('starter')).pack.version },
      channel: 'phone',
      type: 'complaint',
      category: 'network',
      priority: 'urgent',
      title: 'x',
      description: '',
      language: 'en',
      hasEmail: false,
      registeredAt: at,
    };
    await s.deliver(intake.TicketRegistered.of({ org, ticketId, occurredAt: at, data: { ...base, ...more } as never }));
    return ticketId;
  }
  const step = (state: string, version: number, at: string) => ({ case: { step: state, state, unit: 'network', version } as never, at });
  const dispatched = (ticketId: string, at: string) =>
    s.deliver(
      dispatch.TicketDispatched.of({
        org: 'acme',
        ticketId,
        occurredAt: at,
        data: { ...step('dispatched', 1, at), decision: newId(), rule: 'r', why: 'routed', hop: 1 },
      }),
    );
  const names = (ticketId: string) =>
    s
      .emitted(ticketId)
      .map(
        (e) =>
          `${e.name.slice(4)} ${(e.data as { clock: string }).clock}${'threshold' in (e.data as object) ? ` ${(e.data as { threshold: string }).threshold}` : ''}`,
      );
  const clocksOf = async (ticketId: string) =>
    ((await s.call('GET', `/v1/tickets/${ticketId}/clocks`)).body['items'] ?? []) as {
      clock: string;
      state: string;
      dueAt: string;
      outcome: string | null;
      gen: number;
    }[];

  it('starts the promises of the pack and answers what they are', async () => {
    // Monday 2026-03-02 09:00 in Shanghai: 2 open hours → 11:00; 7 working days → end of Wednesday 11 March.
    const at = '2026-03-02T01:00:00.000Z';
    const ticket = await register({}, at);
    await dispatched(ticket, at);
    await eventually(() => expect(names(ticket)).toEqual(expect.arrayContaining(['clock-started first-reply', 'clock-started resolve'])));
    expect(await clocksOf(ticket)).toEqual([
      expect.objectContaining({ clock: 'first-reply', dueAt: '2026-03-02T03:00:00.000Z' }),
      expect.objectContaining({ clock: 'resolve', dueAt: '2026-03-11T16:00:00.000Z' }),
    ]);
    expect((await s.call('GET', `/v1/tickets/${ticket}/clocks`, { as: { org: 'other' } })).status).toBe(404);
    await eventually(async () =>
      expect((await s.call('GET', '/v1/calendars/starter')).body).toMatchObject({
        items: [{ years: [{ covered: true }, { covered: false }] }],
      }),
    );
  });

  it('warns and breaches exactly once each, with two replicas and everything delivered twice, and tells the true due instant', async () => {
    const ticket = await register();
    await dispatched(ticket, now);
    await eventually(async () => expect(await clocksOf(ticket)).toHaveLength(2));
    expect((await s.call('PUT', '/v1/clock', { body: { offsetMs: 60 * 24 * H } })).status).toBe(200);
    await eventually(() =>
      expect(
        names(ticket)
          .filter((n) => !n.startsWith('clock-started'))
          .sort(),
      ).toEqual([
        'clock-breached first-reply',
        'clock-breached resolve',
        'clock-warned first-reply eighty-percent',
        'clock-warned resolve eighty-percent',
      ]),
    );
    const breach = s.emitted(ticket).find((e) => e.name === 'sla.clock-breached')?.data as { dueAt: string; firedAt: string };
    expect(breach.firedAt > breach.dueAt).toBe(true);
    const started = s.emitted(ticket).find((e) => e.name === 'sla.clock-started');
    expect(s.emitted(ticket).find((e) => e.name === 'sla.clock-breached')).toMatchObject({
      correlationId: started?.correlationId,
      causationId: started?.causationId,
    });
    const { dueAt } = (await clocksOf(ticket)).find((c) => c.clock === 'first-reply') ?? { dueAt: '' };
    expect(breach.dueAt).toBe(dueAt);
    // Answered now, too late: the stop says broken, and no second breach.
    const late = plusMs(now, 61 * 24 * H);
    await s.deliver(
      dispatch.TicketReplied.of({ org: 'acme', ticketId: ticket, occurredAt: late, data: { ...step('replied', 2, late), text: 'sorry' } }),
    );
    await eventually(() => expect(names(ticket)).toContain('clock-stopped first-reply'));
    expect(names(ticket).filter((n) => n === 'clock-breached first-reply')).toHaveLength(1);
    expect((await clocksOf(ticket)).find((c) => c.clock === 'first-reply')).toMatchObject({ state: 'stopped', outcome: 'breached' });
    await s.call('PUT', '/v1/clock', { body: { offsetMs: 0 } });
  });

  it('pauses while the complainant is awaited and keeps the rest', async () => {
    const at = '2026-03-02T01:00:00.000Z';
    const ticket = await register({}, at);
    await dispatched(ticket, at);
    const paused = plusMs(at, H);
    await s.deliver(
      dispatch.TicketSuspended.of({
        org: 'acme',
        ticketId: ticket,
        occurredAt: paused,
        data: { ...step('suspended', 2, paused), reasonClass: 'customer', reason: 'away' },
      }),
    );
    await eventually(async () => expect((await clocksOf(ticket)).map((c) => c.state)).toEqual(['paused', 'paused']));
    // One of two open hours is left; resumed Tuesday 09:00 → due 10:00.
    const resumed = plusMs(at, 24 * H);
    await s.deliver(dispatch.TicketResumed.of({ org: 'acme', ticketId: ticket, occurredAt: resumed, data: step('accepted', 3, resumed) }));
    await eventually(async () =>
      expect((await clocksOf(ticket))[0]).toMatchObject({
        clock: 'first-reply',
        state: 'running',
        dueAt: '2026-03-03T02:00:00.000Z',
        gen: 3,
      }),
    );
    const replied = plusMs(resumed, H);
    await s.deliver(
      dispatch.TicketReplied.of({
        org: 'acme',
        ticketId: ticket,
        occurredAt: replied,
        data: { ...step('replied', 4, replied), text: 'done' },
      }),
    );
    await eventually(() =>
      expect(s.emitted(ticket).find((e) => e.name === 'sla.clock-stopped')?.data).toMatchObject({ outcome: 'met', pausedMs: 23 * H }),
    );
  });

  it('works on a pack that comes in the same delivery as its first ticket', async () => {
    const [org, ticketId] = ['newcomer', newId()];
    const pack = loadPack(packFolder('starter'));
    const said = (draft: EventDraft, producer: 'intake' | 'dispatch') =>
      signedBy(producer, topicOf(draft.name).name, [
        toWire({ ...draft, id: newId(), producer, seq: 1, correlationId: 'c', actor: { id: 'tester' } }, JSON.stringify(draft.data)),
      ]);
    const records = [
      said(
        intake.TicketRegistered.of({
          org,
          ticketId,
          occurredAt: now,
          data: {
            number: 'N-1',
            pack: { key: 'starter', version: pack.pack.version },
            channel: 'phone',
            type: 'complaint',
            category: 'network',
            priority: 'urgent',
            title: 'x',
            description: '',
            language: 'en',
            hasEmail: false,
            registeredAt: now,
          },
        }),
        'intake',
      ),
      said(
        dispatch.TicketDispatched.of({
          org,
          ticketId,
          occurredAt: now,
          data: { ...step('dispatched', 1, now), decision: newId(), rule: 'r', why: 'routed', hop: 1 },
        }),
        'dispatch',
      ),
      said(
        dispatch.PackPublished.of({
          org,
          ticketId: idOf(org, 'starter'),
          occurredAt: now,
          data: { key: 'starter', version: pack.pack.version, digest: 'x', pack: pack as never },
        }),
        'dispatch',
      ),
    ];
    await s.running.server.consumer.apply(
      records.flat().map((m, i) => ({ ...m, topic: i === 2 ? PACKS.name : TICKETS.name, partition: 0, position: String(i) })),
    );
    expect((await s.call('GET', `/v1/tickets/${ticketId}/clocks`, { as: { org } })).body).toMatchObject({
      items: [{ clock: 'first-reply' }, { clock: 'resolve' }],
    });
    expect(await s.running.app.database.rows('select 1 from parked_events')).toEqual([]);
  });

  it('tries again by itself what came long before its pack', async () => {
    const [org, ticketId] = ['early-bird', newId()];
    const pack = loadPack(packFolder('starter'));
    await s.deliver(
      intake.TicketRegistered.of({
        org,
        ticketId,
        occurredAt: now,
        data: {
          number: 'N-1',
          pack: { key: 'starter', version: pack.pack.version },
          channel: 'phone',
          type: 'complaint',
          category: 'network',
          priority: 'urgent',
          title: 'x',
          description: '',
          language: 'en',
          hasEmail: false,
          registeredAt: now,
        },
      }),
    );
    await s.deliver(
      dispatch.TicketDispatched.of({
        org,
        ticketId,
        occurredAt: now,
        data: { ...step('dispatched', 1, now), decision: newId(), rule: 'r', why: 'routed', hop: 1 },
      }),
    );
    await eventually(async () =>
      expect(await s.running.app.database.rows('select code from parked_events order by id')).toMatchObject([
        { code: 'sla/pack-not-heard-yet' },
        { code: 'messaging/behind' },
      ]),
    );
    await s.deliver(
      dispatch.PackPublished.of({
        org,
        ticketId: idOf(org, 'starter'),
        occurredAt: now,
        data: { key: 'starter', version: pack.pack.version, digest: 'x', pack: pack as never },
      }),
    );
    await eventually(async () =>
      expect((await s.call('GET', `/v1/tickets/${ticketId}/clocks`, { as: { org } })).body).toMatchObject({
        items: [{ clock: 'first-reply' }, { clock: 'resolve' }],
      }),
    );
    await eventually(async () => expect(await s.running.app.database.rows('select 1 from parked_events')).toEqual([]));
  });

  it('goes on when a suspended case is handed over: somebody works on it again', async () => {
    const at = '2026-03-02T01:00:00.000Z';
    const ticket = await register({}, at);
    await dispatched(ticket, at);
    const [paused, handed] = [plusMs(at, H), plusMs(at, 24 * H)];
    await s.deliver(
      dispatch.TicketSuspended.of({
        org: 'acme',
        ticketId: ticket,
        occurredAt: paused,
        data: { ...step('suspended', 2, paused), reasonClass: 'customer', reason: 'away' },
      }),
    );
    await s.deliver(
      dispatch.TicketTransferred.of({
        org: 'acme',
        ticketId: ticket,
        occurredAt: handed,
        data: { ...step('accepted', 3, handed), fromUnit: 'network', reason: 'on leave' },
      }),
    );
    await eventually(async () =>
      expect((await clocksOf(ticket)).map((c) => [c.clock, c.state, c.dueAt])).toEqual([
        ['first-reply', 'running', '2026-03-03T02:00:00.000Z'],
        ['resolve', 'running', '2026-03-12T16:00:00.000Z'],
      ]),
    );
  });

  it('does not promise a first reply again when an answered case is returned', async () => {
    const ticket = await register();
    await dispatched(ticket, now);
    const [replied, returned, reopened] = [1, 2, 3].map((h) => plusMs(now, h * 60_000)) as [string, string, string];
    await s.deliver(
      dispatch.TicketReplied.of({
        org: 'acme',
        ticketId: ticket,
        occurredAt: replied,
        data: { ...step('replied', 2, replied), text: 'done' },
      }),
    );
    for (const [why, i, at] of [
      ['returned', 3, returned],
      ['reopened', 4, reopened],
    ] as const)
      await s.deliver(
        dispatch.TicketDispatched.of({
          org: 'acme',
          ticketId: ticket,
          occurredAt: at,
          data: { ...step('dispatched', i, at), decision: newId(), rule: 'r', why, hop: i },
        }),
      );
    // Had the return started it, the reopening would have found it running.
    await eventually(async () =>
      expect((await clocksOf(ticket)).find((c) => c.clock === 'first-reply')).toMatchObject({ gen: 2, startedAt: reopened }),
    );
  });

  it('judges imported history by its own instants and fires nothing for it later', async () => {
    const at = '2018-05-01T12:00:00.000Z';
    const history = (closed: number) => ({
      pack: { key: 'city-311', version: 1 },
      history: { job: 'j', source: 'old', dueAt: plusMs(at, 48 * H), closedAt: plusMs(at, closed * H) },
    });
    const [kept, broken] = [await register(history(10), at), await register(history(72), at)];
    for (const ticket of [kept, broken]) await dispatched(ticket, at);
    // The closing comes late: by now everything that is overdue has fired.
    await eventually(() => expect(names(broken)).toEqual(['clock-started imported', 'clock-breached imported']));
    expect(names(kept)).toEqual(['clock-started imported']);
    for (const [ticket, hours] of [
      [kept, 10],
      [broken, 72],
    ] as const) {
      const closed = plusMs(at, hours * H);
      await s.deliver(dispatch.TicketClosed.of({ org: 'acme', ticketId: ticket, occurredAt: closed, data: step('closed', 2, closed) }));
    }
    await eventually(() => expect(names(kept)).toEqual(['clock-started imported', 'clock-stopped imported']));
    await eventually(() => expect(names(broken)).toEqual(['clock-started imported', 'clock-breached imported', 'clock-stopped imported']));
    expect((await clocksOf(kept))[0]).toMatchObject({ outcome: 'met' });
    expect((await clocksOf(broken))[0]).toMatchObject({ outcome: 'breached', dueAt: plusMs(at, 48 * H) });
  });
});
