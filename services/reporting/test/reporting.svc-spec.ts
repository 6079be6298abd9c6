import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dispatch, intake, sla } from '@gongdan/contracts';
import { newId, plusMs } from '@gongdan/kernel';
import { TestService } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import request from 'supertest';
import { reporting } from '../src/reporting.module.js';

const AT = '2026-03-02T01:00:00.000Z';
const HOUR = 3_600_000;

describe('reporting', () => {
  let s: TestService;
  const [one, two, foreign] = [newId(), newId(), newId()];

  const register = (org: string, ticketId: string, number: string, more: Record<string, unknown> = {}) =>
    s.deliver(
      intake.TicketRegistered.of({
        org,
        ticketId,
        occurredAt: AT,
        data: {
          number,
          pack: { key: 'starter', version: 1 },
          channel: 'phone',
          type: 'complaint',
          category: 'network',
          priority: 'urgent',
          title: '家里没有信号',
          description: '路灯也不亮 100%',
          language: 'zh-CN',
          hasEmail: true,
          contactSealed: 'v1.secret',
          registeredAt: AT,
          ...more,
        },
      }),
    );
  const at = (hours: number) => plusMs(AT, hours * HOUR);
  const step = (state: 'dispatched' | 'accepted' | 'closed', version: number, hours: number) => ({
    case: { step: state, state, unit: 'network', version },
    at: at(hours),
  });

  beforeAll(async () => {
    s = await TestService.start(reporting);
    await register('acme', one, 'GD202603000001', { attributes: { agency: 'Water' } });
    await s.deliver(
      dispatch.TicketDispatched.of({
        org: 'acme',
        ticketId: one,
        occurredAt: AT,
        data: { ...step('dispatched', 1, 0), decision: newId(), rule: 'network', why: 'routed', hop: 1 },
      }),
    );
    await s.deliver(
      sla.ClockStarted.of({
        org: 'acme',
        ticketId: one,
        occurredAt: AT,
        data: { clock: 'resolve', gen: 1, kind: 'hours', startedAt: AT, dueAt: at(4) },
      }),
    );
    await s.deliver(
      dispatch.TicketClosed.of({ org: 'acme', ticketId: one, occurredAt: at(24), data: { ...step('closed', 2, 24), outcome: 'solved' } }),
    );
    await s.deliver(
      sla.ClockBreached.of({
        org: 'acme',
        ticketId: one,
        occurredAt: at(4),
        data: { clock: 'resolve', gen: 1, dueAt: at(4), firedAt: at(4) },
      }),
    );
    await s.deliver(
      sla.ClockStopped.of({
        org: 'acme',
        ticketId: one,
        occurredAt: at(24),
        data: { clock: 'resolve', gen: 1, startedAt: AT, stoppedAt: at(24), dueAt: at(4), outcome: 'breached', pausedMs: 0 },
      }),
    );
    await register('acme', two, 'GD202603000002', {
      channel: 'web',
      title: '=cmd|calc',
      history: { job: 'j', source: 'old', dueAt: at(-1) },
    });
    await register('other', foreign, 'GD202603000001');
    await eventually(async () => expect((await s.call('GET', '/v1/search')).body['items']).toHaveLength(2));
    await eventually(async () => expect((await s.call('GET', `/v1/tickets/${one}/history`)).body['history']).toHaveLength(6));
  });
  afterAll(() => s.close());

  it('keeps the whole history of a ticket once, though everything came twice, and no sealed contact', async () => {
    const { body, text } = await s.call('GET', `/v1/tickets/${one}/history`);
    expect((body['history'] as { name: string }[]).map((h) => h.name)).toEqual([
      'intake.ticket-registered',
      'dispatch.ticket-dispatched',
      'sla.clock-started',
      'dispatch.ticket-closed',
      'sla.clock-breached',
      'sla.clock-stopped',
    ]);
    expect(body['ticket']).toMatchObject({ state: 'closed', unit: 'network', breaches: 1, closed_at: at(24) });
    expect(body['clocks']).toEqual([expect.objectContaining({ clock: 'resolve', state: 'stopped', outcome: 'breached' })]);
    expect(text).not.toContain('v1.secret');
  });

  it('answers another organisation like a missing ticket', async () => {
    const missing = await s.call('GET', `/v1/tickets/${newId()}/history`);
    const hidden = await s.call('GET', `/v1/tickets/${foreign}/history`);
    const same = ({ status, body }: typeof missing) => ({ status, ...body, correlationId: '', instance: '' });
    expect(same(hidden)).toEqual(same(missing));
    expect(hidden.status).toBe(404);
  });

  it('searches by every part, Chinese text included, and takes wildcards as text', async () => {
    const found = async (query: string) =>
      ((await s.call('GET', `/v1/search?${query}`)).body['items'] as { number: string }[]).map((i) => i.number.slice(-1));
    expect(await found(`text=${encodeURIComponent('路灯也不')}`)).toEqual(expect.arrayContaining(['1', '2']));
    expect(await found(`text=${encodeURIComponent('没有信号')}`)).toEqual(['1']);
    expect(await found(`text=${encodeURIComponent('100%')}`)).toHaveLength(2);
    expect(await found(`text=${encodeURIComponent('1_0%')}`)).toEqual([]);
    expect(await found('open=true')).toEqual(['2']);
    expect(await found('open=false')).toEqual(['1']);
    expect(await found('unit=network&state=closed&number=GD202603000001')).toEqual(['1']);
    expect(await found('to=2026-03-01T00:00:00Z')).toEqual([]);
    const page = await s.call('GET', '/v1/search?limit=1');
    const next = await s.call('GET', `/v1/search?limit=1&cursor=${String(page.body['next'])}`);
    expect([...(page.body['items'] as object[]), ...(next.body['items'] as object[])]).toHaveLength(2);
    expect((await s.call('GET', '/v1/search?bogus=1')).body).toMatchObject({
      status: 400,
      errors: [{ pointer: '?bogus', detail: 'unknown property' }],
    });
  });

  it('counts and rates by any dimension', async () => {
    const by = async (dimension: string) => (await s.call('GET', `/v1/stats?by=${dimension}`)).body['items'];
    expect(await by('all')).toEqual([
      {
        key: 'all',
        total: 2,
        open: 1,
        closed: 1,
        closedAfterDue: 0,
        promises: 1,
        kept: 0,
        onTimeRate: 0,
        breaches: 1,
        returns: 0,
        reopens: 0,
        medianDaysOpen: 1,
      },
    ]);
    expect(await by('channel')).toEqual([
      expect.objectContaining({ key: 'phone', total: 1 }),
      expect.objectContaining({ key: 'web', total: 1 }),
    ]);
    expect(await by('month')).toEqual([expect.objectContaining({ key: '2026-03', total: 2 })]);
    expect(await by('attribute.agency')).toEqual([expect.objectContaining({ key: 'Water' }), expect.objectContaining({ key: null })]);
    expect((await s.call('GET', '/v1/stats?by=password')).status).toBe(400);
  });

  it('exports CSV that no spreadsheet runs', async () => {
    const { text, headers } = await s.call('GET', '/v1/export.csv');
    expect(headers.get('content-type')).toContain('text/csv');
    expect(text.split('\n').filter(Boolean)).toHaveLength(3);
    expect(text).toContain(`'=cmd|calc`);
    // What Postgres refuses only while the answer is being made.
    for (const query of ['from=0000-01-01T00:00:00Z', 'unit=%00'])
      expect((await s.call('GET', `/v1/export.csv?${query}`)).body).toMatchObject({ status: 400, code: 'platform/unstorable-value' });
  });

  it('loses nothing when two streams of a new ticket are applied at once, as a rebuild beside the live group does', async () => {
    const ticket = newId();
    const { database } = s.running.app;
    await database.transaction(async (replay) => {
      await replay.run(`insert into ticket_rows (org, id, number, pack, channel, type, category, priority, title, description, state, registered_at, changed_at)
        values ('race', $1::uuid, 'GD-RACE', 'starter', 'phone', 'complaint', 'network', 'urgent', 'x', '', 'received', $2, $2)`, [ticket, AT]); // prettier-ignore
      await s.deliver(
        sla.ClockBreached.of({
          org: 'race',
          ticketId: ticket,
          occurredAt: at(4),
          data: { clock: 'resolve', gen: 1, dueAt: at(4), firedAt: at(4) },
        }),
      );
      await eventually(async () =>
        expect(
          await database.rows(
            `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like 'insert into ticket_rows%'`,
          ),
        ).not.toEqual([]),
      );
    });
    await eventually(async () =>
      expect((await s.call('GET', '/v1/search', { as: { org: 'race' } })).body).toMatchObject({
        items: [{ number: 'GD-RACE', breaches: 1, registered_at: AT }],
      }),
    );
  });

  it('derives the same again from the stream', async () => {
    const before = await s.call('GET', '/v1/search');
    // It empties the figures of all organisations: no tenant's admin may (docs/adr/0018).
    expect((await s.call('POST', '/v1/rebuild', { as: { org: 'other', roles: ['admin', 'operator'] }, body: {} })).body).toMatchObject({
      status: 403,
      right: 'reports:rebuild',
    });
    const started = await s.call('POST', '/v1/rebuild', { body: {} });
    expect(started.status).toBe(202);
    await eventually(async () =>
      expect((await s.call('GET', `/v1/rebuild/${String(started.body['id'])}`)).body['finishedAt']).not.toBeNull(),
    );
    await eventually(async () => expect((await s.call('GET', '/v1/search')).body).toEqual(before.body));
    expect((await s.call('GET', '/v1/stats')).body).toMatchObject({ items: [{ total: 2, promises: 1 }] });
    expect((await s.call('GET', `/v1/rebuild/${newId()}`)).body).toMatchObject({ status: 404, code: 'reporting/no-such-rebuild' });
  });

  it('tells live listeners of the organisation, and nobody else', async () => {
    const abort = new AbortController();
    const answer = await fetch(`${s.running.url}/v1/live`, {
      headers: { authorization: `Bearer ${await s.token()}` },
      signal: abort.signal,
    });
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    const third = newId();
    const saying = eventually(async () => {
      await register('other', newId(), 'GDX');
      await register('acme', third, 'GD202603000003');
    });
    let heard = '';
    while (!heard.includes('GD202603000003')) heard += new TextDecoder().decode((await reader.read()).value);
    await saying;
    expect(heard).toContain('event: ticket');
    expect(heard).not.toContain('GDX');
    abort.abort();
  });

  it('ends a live answer with its token', async () => {
    const answer = await fetch(`${s.running.url}/v1/live`, { headers: { authorization: `Bearer ${await s.token({ expires: '2s' })}` } });
    expect(answer.status).toBe(200);
    await answer.text();
  });

  it('refuses who has no right', async () => {
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
