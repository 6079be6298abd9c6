import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type GroupLag } from '@gongdan/messaging';
import { newId } from '@gongdan/kernel';
import { MemoryBus, TestService } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { reporting } from '../src/reporting.module.js';
import { Listener } from './listener.js';
import { AT, at, clockBreached, clockStarted, clockStopped, closed, deliverAll, dispatched, packPublished, registered, subject } from './tickets.js'; // prettier-ignore

/** A bus on which a replay catches up only when the test allows it. */
class SlowBus extends MemoryBus {
  slow = false;

  override async lag(group: string, topics: readonly string[]): Promise<GroupLag[]> {
    const lag = await super.lag(group, topics);
    return this.slow && group.includes('rebuild') ? lag.map((l) => ({ ...l, lag: l.lag + 1 })) : lag;
  }
}

describe('rebuild', () => {
  let s: TestService;
  const bus = new SlowBus();
  const [one, two] = [subject(), subject()];
  const get = async (path: string) => (await s.call('GET', path)).body;
  const finished = async (id: unknown) => (await get(`/v1/rebuild/${String(id)}`))['finishedAt'] !== null;

  beforeAll(async () => {
    s = await TestService.start(reporting, { bus });
    await s.deliver(packPublished('acme', 'America/New_York', ['agency']));
    await deliverAll(
      s,
      one,
      registered(one, 'GD1'),
      dispatched(one),
      clockStarted(one),
      closed(one, 2, 24),
      clockBreached(one),
      clockStopped(one, 24),
    );
    await deliverAll(s, two, registered(two, 'GD2'));
    await eventually(async () => expect((await get('/v1/stats'))['zone']).toBe('America/New_York'));
  });
  afterAll(() => s.close());

  it('derives the same rows again from the stream when a rebuild is started', async () => {
    const before = await get('/v1/search');
    const history = await get(`/v1/tickets/${one.ticketId}/history`);
    const texts = () => s.running.app.database.rows('select org, id, text from ticket_texts order by org, id');
    const textsBefore = await texts();
    await s.running.app.database.run(`insert into ticket_texts values ('acme', $1::uuid, 'of no row')`, [newId()]);
    const started = await s.call('POST', '/v1/rebuild', { body: {} });
    expect(started.status).toBe(202);
    await eventually(async () => expect(await finished(started.body['id'])).toBe(true));
    await eventually(async () => expect((await get('/v1/search'))['items']).toEqual(before['items']));
    expect(textsBefore).toHaveLength(2);
    expect(await texts()).toEqual(textsBefore);
    expect((await get(`/v1/tickets/${one.ticketId}/history`))['clocks']).toEqual(history['clocks']);
    // What came over the topic of packs is still known: the replay does not read it.
    expect(await get('/v1/stats?by=attribute.agency')).toMatchObject({ zone: 'America/New_York', items: [{ total: 2, promises: 1 }] });
  });

  it('marks every answer as incomplete until the replay has caught up', async () => {
    bus.slow = true;
    const { body } = await s.call('POST', '/v1/rebuild', { body: {} });
    for (const path of ['/v1/stats', '/v1/search', '/v1/stats?by=unit&state=suspended'])
      expect(await get(path)).toMatchObject({ complete: false, incompleteBecause: ['rebuild'] });
    expect((await s.call('GET', '/v1/export.csv')).headers.get('x-gongdan-complete')).toBe('false');
    // A ticket that the replay has not reached is not a ticket that does not exist.
    expect(await s.call('GET', `/v1/tickets/${newId()}/history`)).toMatchObject({ status: 503, body: { code: 'reporting/rebuilding' } });
    await eventually(async () => expect(await get(`/v1/tickets/${one.ticketId}/history`)).toMatchObject({ complete: false }));
    expect(await finished(body['id'])).toBe(false);
    bus.slow = false;
    await eventually(async () => expect(await finished(body['id'])).toBe(true));
    expect(await get('/v1/stats')).toMatchObject({ complete: true, incompleteBecause: [], items: [{ total: 2 }] });
    expect((await s.call('GET', `/v1/tickets/${newId()}/history`)).status).toBe(404);
  });

  it('ends a rebuild when a newer one replaces it', async () => {
    bus.slow = true;
    const first = await s.call('POST', '/v1/rebuild', { body: {} });
    const second = await s.call('POST', '/v1/rebuild', { body: {} });
    expect(await finished(first.body['id'])).toBe(true);
    expect(await get('/v1/stats')).toMatchObject({ complete: false });
    bus.slow = false;
    await eventually(async () => expect(await finished(second.body['id'])).toBe(true));
    await eventually(async () => expect(await get('/v1/stats')).toMatchObject({ complete: true, items: [{ total: 2 }] }));
  });

  // It empties the figures of all organisations (docs/adr/0018).
  it('refuses a rebuild to the admin of an organisation that does not operate the installation', async () => {
    expect((await s.call('POST', '/v1/rebuild', { as: { org: 'other', roles: ['admin', 'operator'] }, body: {} })).body).toMatchObject({
      status: 403,
      right: 'reports:rebuild',
    });
  });

  it('answers 404 for a rebuild that does not exist', async () => {
    expect(await get(`/v1/rebuild/${newId()}`)).toMatchObject({ status: 404, code: 'reporting/no-such-rebuild' });
  });

  it('loses nothing when the replay and the live group insert one ticket at the same time', async () => {
    const ticket = newId();
    const { database } = s.running.app;
    await database.transaction(async (replay) => {
      await replay.run(`insert into ticket_rows (org, id, number, pack, channel, type, category, priority, title, description, state, registered_at, changed_at)
        values ('race', $1::uuid, 'GD-RACE', 'starter', 'phone', 'complaint', 'network', 'urgent', 'x', '', 'received', $2, $2)`, [ticket, AT]); // prettier-ignore
      await s.deliver(clockBreached({ org: 'race', ticketId: ticket }, 4));
      await eventually(async () =>
        expect(
          await database.rows(
            `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%insert into ticket_rows%'`,
          ),
        ).not.toEqual([]),
      );
    });
    await eventually(async () =>
      expect((await s.call('GET', '/v1/search', { as: { org: 'race' } })).body).toMatchObject({
        items: [{ number: 'GD-RACE', breaches: 1, registeredAt: AT, changedAt: at(4) }],
      }),
    );
  });
});

describe('a rebuild whose replica dies', () => {
  it('tells listeners to fetch again when another replica ends it, which may have derived nothing itself', async () => {
    const bus = new SlowBus();
    const first = await TestService.start(reporting, { bus });
    const ticket = subject('left');
    await deliverAll(first, ticket, registered(ticket, 'GD1'));
    const { body } = await first.call('POST', '/v1/rebuild', { body: {} });
    const ended = async (s: TestService) => (await s.call('GET', `/v1/rebuild/${String(body['id'])}`)).body['finishedAt'] !== null;
    await eventually(async () => expect(await ended(first)).toBe(true));
    // As a replica leaves it that is killed after the last event and before the end.
    await first.running.app.database.run('update rebuilds set finished_at = null');
    bus.slow = true;
    const second = await TestService.start(reporting, { bus, database: first.database });
    const listener = await Listener.open(second, { org: 'left', roles: ['supervisor'] });
    bus.slow = false;
    await eventually(() => expect(listener.heard).toEqual([{ type: 'refetch', data: {} }]));
    expect(await ended(second)).toBe(true);
    await listener.close();
    for (const s of [second, first]) await s.close();
  });
});
