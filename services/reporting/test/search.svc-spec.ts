import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dispatch, intake } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { TestService } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import request from 'supertest';
import { reporting } from '../src/reporting.module.js';
import { at, clockBreached, clockStarted, clockStopped, closed, deliverAll, dispatched, registered, subject } from './tickets.js';

describe('searches and histories', () => {
  let s: TestService;
  const [one, two, foreign] = [subject(), subject(), subject('other')];
  const get = async (path: string) => (await s.call('GET', path)).body;

  beforeAll(async () => {
    s = await TestService.start(reporting);
    await deliverAll(
      s,
      one,
      registered(one, 'GD202603000001', { attributes: { agency_name: 'Water' } }),
      dispatched(one),
      clockStarted(one),
      closed(one, 2, 24),
      clockBreached(one),
      clockStopped(one, 24),
    );
    await deliverAll(
      s,
      two,
      registered(two, 'GD202603000002', { channel: 'web', title: '=cmd|calc', history: { job: 'j', source: 'old', dueAt: at(-1) } }),
    );
    await deliverAll(s, foreign, registered(foreign, 'GD202603000001'));
  });
  afterAll(() => s.close());

  it('stores each event of a ticket once when everything is delivered twice, and no sealed contact', async () => {
    const { body, text } = await s.call('GET', `/v1/tickets/${one.ticketId}/history`);
    expect((body['history'] as { name: string }[]).map((h) => h.name)).toEqual([
      'intake.ticket-registered',
      'dispatch.ticket-dispatched',
      'sla.clock-started',
      'dispatch.ticket-closed',
      'sla.clock-breached',
      'sla.clock-stopped',
    ]);
    expect(body['ticket']).toMatchObject({ state: 'closed', unit: 'network', breaches: 1, closedAt: at(24) });
    expect(body['clocks']).toEqual([
      {
        clock: 'resolve',
        state: 'stopped',
        startedAt: at(0),
        dueAt: at(4),
        stoppedAt: at(24),
        breachedAt: at(4),
        outcome: 'breached',
      },
    ]);
    expect(text).not.toContain('v1.secret');
  });

  it('stores an event of an older version as the newest, which its data is, and no personal form field', async () => {
    const three = subject('third');
    const { data } = dispatched(three) as { data: object };
    const old = { ...data, case: { step: 'waiting', state: 'dispatched', unit: 'network', version: 1 } };
    const changes = { fields: { floor: 3, phone: 'v1.secret' }, sealed: ['phone'] };
    const noted = dispatch.TicketNoted.of({
      ...three,
      occurredAt: at(1),
      data: {
        case: dispatch.caseOfOneTask({ step: 'w', state: 'dispatched', unit: 'network', version: 2 }),
        at: at(1),
        text: 'x',
        changes,
      },
    });
    await deliverAll(s, three, registered(three, 'GD202603000003'), { ...dispatched(three), version: 1, data: old }, noted);
    const { body, text } = await s.call('GET', `/v1/tickets/${three.ticketId}/history`, { as: { org: 'third', roles: ['analyst'] } });
    const [, first, second] = body['history'] as { version: number; data: object }[];
    expect(first).toMatchObject({ version: 2, data: { case: { lead: { no: 1, holder: { unit: 'network' } }, phase: 'open' } } });
    expect(second).toMatchObject({ data: { changes: { fields: { floor: 3 }, sealed: ['phone'] } } });
    expect(text).not.toContain('v1.secret');
  });

  it('lets no snake_case property and no organisation leave through HTTP', async () => {
    const outside = (value: unknown): string[] =>
      typeof value !== 'object' || value === null
        ? []
        : Object.entries(value).flatMap(([key, inner]) => [
            ...(key === 'org' || (key.includes('_') && key !== 'agency_name') ? [key] : []),
            ...outside(inner),
          ]);
    for (const path of ['/v1/search', `/v1/tickets/${one.ticketId}/history`, '/v1/stats?by=unit']) expect(outside(await get(path))).toEqual([]);
    expect((await s.call('GET', '/v1/export.csv')).text.split('\n')[0]).not.toContain('_');
  }); // prettier-ignore

  it('pages through the history of a ticket', async () => {
    const path = `/v1/tickets/${one.ticketId}/history`;
    const whole = await get(path);
    expect(whole['next']).toBeNull();
    const names: unknown[] = [];
    let next: unknown = '';
    for (let pages = 0; next !== null && pages < 4; pages++) {
      const page: Record<string, unknown> = await get(`${path}?limit=4${next === '' ? '' : `&cursor=${String(next)}`}`);
      expect((page['history'] as unknown[]).length).toBeLessThanOrEqual(4);
      names.push(...(page['history'] as unknown[]));
      next = page['next'];
    }
    expect(names).toEqual(whole['history']);
    for (const query of ['limit=0', 'limit=1001', 'bogus=1', 'cursor=x']) expect((await s.call('GET', `${path}?${query}`)).status).toBe(400);
  }); // prettier-ignore

  it('answers for a ticket of another organisation as for a missing one', async () => {
    const missing = await s.call('GET', `/v1/tickets/${newId()}/history`);
    const hidden = await s.call('GET', `/v1/tickets/${foreign.ticketId}/history`);
    const same = ({ status, body }: typeof missing) => ({ status, ...body, correlationId: '', instance: '' });
    expect(same(hidden)).toEqual(same(missing));
    expect(hidden.status).toBe(404);
  });

  const found = async (query: string) => ((await get(`/v1/search?${query}`))['items'] as { number: string }[]).map((i) => i.number.slice(-1)); // prettier-ignore

  it('finds tickets by any part of their text, Chinese included, and takes wildcards as ordinary characters', async () => {
    expect(await found(`text=${encodeURIComponent('路灯也不')}`)).toEqual(expect.arrayContaining(['1', '2']));
    expect(await found(`text=${encodeURIComponent('没有信号')}`)).toEqual(['1']);
    expect(await found(`text=${encodeURIComponent('100%')}`)).toHaveLength(2);
    expect(await found(`text=${encodeURIComponent('1_0%')}`)).toEqual([]);
  });

  it('finds a ticket by its amended text and no longer by the text of before', async () => {
    const amended = subject('amended');
    const search = async (text: string) =>
      ((await s.call('GET', `/v1/search?text=${encodeURIComponent(text)}`, { as: { org: 'amended' } })).body['items'] as object[]).length;
    const amendment = intake.TicketAmended.of({ ...amended, occurredAt: at(1), data: { title: '井盖破损', amendedAt: at(1) } });
    // The first event about it is not the registration, whose text is an update of the row.
    await deliverAll(s, amended, clockStarted(amended), registered(amended, 'GD1'), dispatched(amended), amendment);
    expect(await search('井盖破损')).toBe(1);
    expect(await search('没有信号')).toBe(0);
    expect(await search('路灯也不')).toBe(1);
  });

  it('writes the search text again only when the text changes', async () => {
    const moving = subject('moving');
    const written = () =>
      s.running.app.database.rows('select text, xmin::text, ctid::text from ticket_texts where org = $1 and id = $2::uuid', ['moving', moving.ticketId]); // prettier-ignore
    await deliverAll(s, moving, registered(moving, 'GD1'));
    const before = await written();
    expect(before).toMatchObject([{ text: '家里没有信号 路灯也不亮 100% ' }]);
    await s.deliver(dispatched(moving));
    await s.deliver(closed(moving, 2, 2));
    await eventually(async () =>
      expect((await s.call('GET', '/v1/search?state=closed', { as: { org: 'moving' } })).body['items']).toHaveLength(1),
    );
    expect(await written()).toEqual(before);
  });

  it('finds tickets that meet all conditions', async () => {
    expect(await found('open=true')).toEqual(['2']);
    expect(await found('open=false')).toEqual(['1']);
    expect(await found('unit=network&state=closed&number=GD202603000001')).toEqual(['1']);
    expect(await found('to=2026-03-01T00:00:00Z')).toEqual([]);
  });

  it.each(['gd202603000001', ' GD202603000001 ', 'GD 2026 0300 0001', 'ＧＤ２０２６０３０００００１', 'gd２０２６０３000001　', 'GD202603000001\t'])(
    'finds a number written as "%s"',
    async (number) => {
      expect(await found(`number=${encodeURIComponent(number)}`)).toEqual(['1']);
    },
  ); // prettier-ignore

  it('pages through the result', async () => {
    const page = await get('/v1/search?limit=1');
    const next = await get(`/v1/search?limit=1&cursor=${String(page['next'])}`);
    expect([...(page['items'] as object[]), ...(next['items'] as object[])]).toHaveLength(2);
  });

  it('refuses an unknown condition and an unknown state with 400', async () => {
    expect(await get('/v1/search?bogus=1')).toMatchObject({ status: 400, errors: [{ pointer: '?bogus', detail: 'unknown property' }] });
    expect(await get('/v1/search?state=constructor')).toMatchObject({ status: 400, errors: [{ pointer: '?state' }] });
  });

  it('refuses a caller without a token with 401 and one without the right with 403', async () => {
    await request(s.running.url)
      .get('/v1/search')
      .expect(401)
      .expect('www-authenticate', 'Bearer')
      .expect('content-type', /problem\+json/);
    expect((await s.call('GET', '/v1/search', { as: { roles: ['nobody'] } })).body).toMatchObject({
      status: 403,
      code: 'platform/no-right',
    });
  });
});
