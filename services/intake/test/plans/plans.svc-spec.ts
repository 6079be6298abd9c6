import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { directory, dispatch } from '@gongdan/contracts';
import { idOf, type Instant, iso, ms, newId, plusMs } from '@gongdan/kernel';
import { TestService } from '@gongdan/messaging/testing';
import { packId } from '@gongdan/packs';
import { eventually } from '@gongdan/testing';
import { intake } from '../../src/intake.module.js';
import { aPlan, planned } from './planned-pack.js';

const HOUR = 3_600_000;

describe('recurring plans', () => {
  let s: TestService;
  let replica: TestService;
  beforeAll(async () => {
    s = await TestService.start(intake);
    replica = await TestService.start(intake, { bus: s.bus, database: s.database });
  });
  afterAll(async () => {
    await replica.close();
    await s.close();
  });
  afterEach(async () => void (await shift(0)));

  const shift = (by: number) => s.running.app.database.run('update clock_offset set offset_ms = $1', [by]);
  const now = (): Instant => s.running.app.clock.now();
  const today = iso(Date.now()).slice(0, 10);
  /** The instant of a time of day in UTC, which is the zone of these packs, so many days from the day on which the tests began. */
  const at = (time: string, days = 0): Instant => plusMs(`${today}T${time}:00.000Z`, days * 24 * HOUR);
  const publish = async (org: string, pack: ReturnType<typeof planned>, when = now()): Promise<void> => {
    const { key, version } = pack.pack;
    const data = { key, version, digest: 'x', pack: { ...pack } };
    await s.deliver(dispatch.PackPublished.of({ org, ticketId: packId(org, key, version), occurredAt: when, data }));
    await eventually(async () => expect(await s.running.app.database.rows('select 1 from plan_packs where org = $1 and versions ? $2', [org, String(version)])).toHaveLength(1)); // prettier-ignore
  };
  /** The events of tickets that plans registered, each once. */
  const registered = (org: string) =>
    s
      .emitted()
      .filter((e) => e.org === org)
      .map((e) => ({
        ...e,
        data: e.data as { title: string; registeredAt: string; pack: { version: number }; plan: { key: string; occurrence: string } },
      }))
      .sort((a, b) => a.data.plan.occurrence.localeCompare(b.data.plan.occurrence));
  const occurrencesOf = (org: string): string[] => registered(org).map((e) => e.data.plan.occurrence);
  /** Moves the clock of the database to an instant. */
  const moveTo = async (to: Instant): Promise<void> => void (await shift(ms(to) - Date.now()));

  it('registers the ticket of an occurrence at its instant, once with two replicas', async () => {
    const org = newId();
    await publish(org, planned([aPlan()]), at('10:00', 1));
    await moveTo(at('10:29', 1));
    expect(occurrencesOf(org)).toEqual([]);
    await moveTo(at('10:30', 1));
    await eventually(() => expect(occurrencesOf(org)).toEqual([at('10:30', 1)]));
    const [ticket] = registered(org);
    expect(ticket).toMatchObject({
      name: 'intake.ticket-registered',
      seq: 1,
      actor: { id: 'system:intake' },
      data: { channel: 'plan', type: 'check', category: 'round', title: `Round of ${at('10:30', 1).slice(0, 10)}`, plan: { key: 'round' } },
    });
    expect(ticket?.data.registeredAt.slice(0, 16)).toBe(at('10:30', 1).slice(0, 16));
    const read = await s.call('GET', `/v1/tickets/${ticket?.ticketId ?? ''}`, { as: { org } });
    expect(read.body).toMatchObject({
      plan: { key: 'round', occurrence: at('10:30', 1) },
      channel: 'plan',
      registeredBy: 'system:intake',
      pack: { version: 1 },
      title: ticket?.data.title,
    });
    await moveTo(at('10:30', 2));
    await eventually(() => expect(occurrencesOf(org)).toEqual([at('10:30', 1), at('10:30', 2)]));
  });

  it('takes over the plans of a pack that an earlier release could not read, and catches up', async () => {
    const org = newId();
    const pack = planned([aPlan()]);
    const { key, version } = pack.pack;
    await publish(org, { ...pack, pack: { ...pack.pack, format: 99 } } as never, at('10:00', 1));
    await moveTo(at('10:31', 1));
    const plans = async () => (await s.call('GET', '/v1/plans', { as: { org, roles: ['supervisor'] } })).body['items'];
    expect(await plans()).toEqual([]);
    // The release that starts can read it.
    const path = '{pack}';
    const sql =
      'update known_packs set pack = jsonb_set(pack::jsonb, $4::text[], $5::jsonb)::json where org = $1 and key = $2 and version = $3';
    await s.running.app.database.run(sql, [org, key, version, path, JSON.stringify(pack.pack)]);
    const updated = await TestService.start(intake, { bus: s.bus, database: s.database });
    try {
      await eventually(() => expect(occurrencesOf(org)).toEqual([at('10:30', 1)]));
      expect(await plans()).toMatchObject([{ key: 'round' }]);
    } finally {
      await updated.close();
    }
  });

  it('registers each of fifty plans that are due together once with two replicas', async () => {
    const org = newId();
    const plans = Array.from({ length: 50 }, (_, i) => aPlan({ key: `round-${i}` }));
    await publish(org, planned(plans), at('10:00', 1));
    await moveTo(at('10:30', 1));
    await eventually(() => expect(new Set(registered(org).map((e) => e.data.plan.key)).size).toBe(50));
    expect(registered(org)).toHaveLength(50);
    expect(await s.running.app.database.rows('select 1 from tickets where org = $1', [org])).toHaveLength(50);
  });

  it('catches up after an outage: the newest ten missed occurrences, none older than seven days, and tells what it skipped', async () => {
    const org = newId();
    await publish(
      org,
      planned([aPlan({ key: 'often', at: ['00:00', '06:00', '12:00', '18:00'] }), aPlan({ key: 'daily', at: '12:00' })]),
      at('00:00', -9),
    );
    await eventually(() => expect(registered(org).filter((e) => e.data.plan.key === 'often')).toHaveLength(10));
    const missed = registered(org).filter((e) => e.data.plan.key === 'daily');
    expect(missed.length).toBeGreaterThanOrEqual(7);
    expect(missed.every((e) => Date.now() - ms(e.data.plan.occurrence) < 7.01 * 24 * HOUR)).toBe(true);
    const { items } = (await s.call('GET', '/v1/plans', { as: { org } })).body as {
      items: { key: string; skipped: { count: number } | null }[];
    };
    expect(items.map((i) => [i.key, (i.skipped?.count ?? 0) > 0])).toEqual([
      ['daily', true],
      ['often', true],
    ]);
  });

  describe('a new version of the pack', () => {
    it('replaces the plans from its publication on; one that it leaves out stops', async () => {
      const org = newId();
      await publish(org, planned([aPlan(), aPlan({ key: 'second', at: '11:00' })]), at('10:00', 1));
      await moveTo(at('10:31', 1));
      await eventually(() => expect(occurrencesOf(org)).toEqual([at('10:30', 1)]));
      await publish(org, planned([aPlan({ at: '10:45' })], 2), at('10:40', 1));
      await moveTo(at('10:46', 2));
      await eventually(() =>
        expect(registered(org).map((e) => [e.data.plan.key, e.data.plan.occurrence, e.data.pack.version])).toEqual([
          ['round', at('10:30', 1), 1],
          ['round', at('10:45', 1), 2],
          ['round', at('10:45', 2), 2],
        ]),
      );
    });

    it('leaves what was due before it to the version of then, in whatever order the versions are heard', async () => {
      const org = newId();
      const of = (title: string, at: string[], version: number) => planned([aPlan({ at, ticket: { ...aPlan().ticket, title } })], version);
      await publish(org, of('New', ['11:00'], 2), at('10:40', -1));
      await eventually(() => expect(occurrencesOf(org)).toContain(at('11:00', -1)));
      await publish(org, of('Old', ['10:30', '10:50'], 1), at('10:00', -1));
      await eventually(() => expect(occurrencesOf(org)).toContain(at('10:30', -1)));
      await eventually(async () => expect(await s.running.app.database.rows("select 1 from plan_points where org = $1 and due_at < gongdan_now()", [org])).toEqual([])); // prettier-ignore
      const all = registered(org).map((e) => [e.data.title, e.data.plan.occurrence, e.data.pack.version]);
      expect(all.slice(0, 2)).toEqual([
        ['Old', at('10:30', -1), 1],
        ['New', at('11:00', -1), 2],
      ]);
      expect(all.filter(([title]) => title === 'Old')).toHaveLength(1);
    });

    it('does not register an occurrence again that the version before has registered', async () => {
      const org = newId();
      await publish(org, planned([aPlan()]), at('10:00', 1));
      await moveTo(at('10:30', 1));
      await eventually(() => expect(occurrencesOf(org)).toEqual([at('10:30', 1)]));
      // Published before the occurrence and heard after it.
      await publish(org, planned([aPlan()], 2), at('10:29', 1));
      await moveTo(at('10:30', 2));
      await eventually(() => expect(occurrencesOf(org)).toEqual([at('10:30', 1), at('10:30', 2)]));
      expect(registered(org).map((e) => e.data.pack.version)).toEqual([1, 2]);
    });
  });

  it('cuts a title that the date makes too long', async () => {
    const org = newId();
    await publish(org, planned([aPlan({ ticket: { ...aPlan().ticket, title: '{date}'.repeat(50) } })]), at('10:00', 1));
    await moveTo(at('10:30', 1));
    await eventually(() => expect(registered(org).map((e) => e.data.title.length)).toEqual([300]));
  });

  it('tries a plan again whose unit does not exist yet, and lets the others go on', async () => {
    const org = newId();
    await publish(
      org,
      planned([aPlan({ key: 'broken', ticket: { ...aPlan().ticket, unit: 'site' } }), aPlan({ key: 'whole' })]),
      at('10:00', -1),
    );
    await eventually(() => expect(registered(org).map((e) => e.data.plan.key)).toContain('whole'));
    const view = async () =>
      ((await s.call('GET', '/v1/plans', { as: { org } })).body as { items: { key: string; failing: unknown }[] }).items.map((i) => [
        i.key,
        i.failing,
      ]);
    await eventually(async () =>
      expect(await view()).toEqual([
        [
          'broken',
          {
            times: expect.any(Number),
            retryAt: expect.any(String),
            code: 'intake/not-in-pack',
            errors: [{ pointer: '/intake/plans/0/ticket/unit', detail: expect.stringContaining('site') }],
          },
        ],
        ['whole', null],
      ]),
    );
    expect((await s.call('GET', '/metrics', { as: null })).text).toMatch(/gongdan_plans_failing\{service="intake"\} 1/);
    const data = { key: 'site', unit: { names: { 'zh-CN': '现场', en: 'Site' } } };
    await s.deliver(directory.UnitChanged.of({ org, ticketId: idOf('unit', org, 'site'), occurredAt: now(), data }));
    await eventually(() => expect(registered(org).map((e) => e.data.plan.key)).toContain('broken'), 100_000);
  });

  describe('the doors', () => {
    it('show the plans in force, when they occur next and what they registered', async () => {
      const org = newId();
      await publish(org, planned([aPlan()]), at('10:00', 1));
      await moveTo(at('10:30', 1));
      await eventually(() => expect(occurrencesOf(org)).toEqual([at('10:30', 1)]));
      const [ticket] = registered(org);
      expect((await s.call('GET', '/v1/plans', { as: { org } })).body).toMatchObject({
        items: [
          {
            pack: { key: 'rounds', version: 1 },
            key: 'round',
            recurrence: { every: 'day', at: '10:30' },
            next: [at('10:30', 2), at('10:30', 3), at('10:30', 4)],
            last: [{ id: ticket?.ticketId, occurrence: at('10:30', 1) }],
            skipped: null,
            failing: null,
          },
        ],
      });
      expect((await s.call('GET', '/v1/plans', { as: { org: newId() } })).body).toEqual({ items: [] });
    });

    it('preview the occurrences of a plan after an instant', async () => {
      const org = newId();
      await publish(org, planned([aPlan()]), at('10:00'));
      const get = (query: string, plan = 'round') => s.call('GET', `/v1/plans/rounds/${plan}/occurrences?${query}`, { as: { org } });
      expect((await get(`after=${at('10:30', 40)}&limit=2`)).body).toEqual({ items: [at('10:30', 41), at('10:30', 42)] });
      expect((await get('limit=201')).status).toBe(400);
      expect((await get('', 'none')).body).toMatchObject({ status: 404, code: 'intake/no-such-plan' });
      expect((await get('after=9999-12-31T23:59:59Z')).body).toEqual({ items: [] });
      expect((await get('after=0000-01-01T00:00:00Z&limit=1')).body).toEqual({ items: [at('10:30')] });
    });

    it('take no ticket of a person by the channel of plans', async () => {
      const org = newId();
      await publish(org, planned([aPlan()]), at('10:00'));
      const body = { type: 'check', category: 'round', title: 'Not planned', channel: 'plan', contact: { phone: '13800000000' } };
      await eventually(async () => {
        const { status, body: refused } = await s.call('POST', '/v1/tickets', { as: { org }, body });
        expect([status, refused['code']]).toEqual([422, 'intake/not-in-pack']);
        expect(refused['errors']).toEqual([{ pointer: '/channel', detail: expect.stringContaining('plans') }]);
      });
    });
  });
});
