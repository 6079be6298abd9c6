import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@gongdan/kernel';
import { city, DispatchService, starter } from '../dispatch-service.js';

describe('packs', () => {
  let s: DispatchService;
  beforeAll(async () => {
    s = await DispatchService.start();
  });
  afterAll(() => s.service.close());

  it('publishes a version once and never changes it or goes back to an older one', async () => {
    const next = structuredClone(starter);
    Object.assign(next.pack, { key: 'desk-two', version: 1 });
    const put = (pack: unknown, key = 'desk-two') => s.service.call('PUT', `/v1/packs/${key}`, { body: pack });
    expect((await put(next)).status).toBe(201);
    expect((await put(next)).status).toBe(200);
    expect((await put({ ...next, pack: { ...next.pack, version: 3 } })).status).toBe(201);
    expect((await put({ ...next, pack: { ...next.pack, version: 2 } })).body['code']).toBe('dispatch/pack-version-old');
    expect((await put({ ...next, routing: { rules: [] } })).body['code']).toBe('dispatch/pack-version-taken');
    expect((await put(next, 'other-key')).body).toMatchObject({ status: 400, code: 'dispatch/other-pack' });
    const list = await s.service.call('GET', '/v1/packs');
    expect((list.body['items'] as { key: string; version: number }[]).map((p) => [p.key, p.version])).toEqual([
      ['city-311', city.pack.version],
      ['desk-two', 3],
      ['starter', starter.pack.version],
    ]);
    expect((await s.service.call('GET', '/v1/packs/desk-two?version=1')).body).toMatchObject({
      version: 1,
      pack: { pack: { key: 'desk-two' } },
    });
    expect((await s.service.call('GET', '/v1/packs/nothing')).status).toBe(404);
    // The body is within the limit of HTTP and above that of the bus.
    const names = { 'zh-CN': 'x'.repeat(150), en: 'x'.repeat(150) };
    const huge = {
      ...next,
      pack: { ...next.pack, key: 'desk-huge' },
      catalogue: {
        ...next.catalogue,
        items: Array.from({ length: 2_700 }, (_, i) => ({ key: `item-${i}`, category: 'network', names })),
      },
    };
    expect((await put(huge, 'desk-huge')).body).toMatchObject({ status: 422, code: 'dispatch/pack-too-large' });
    expect((await s.service.call('GET', '/v1/units')).body['items']).toEqual(
      expect.arrayContaining([expect.objectContaining({ key: 'solid-waste' })]),
    );
  });

  it('refuses an invalid pack with a pointer per mistake, and a caller without the right', async () => {
    const wrong = structuredClone(starter) as unknown as { routing: { fallback: string; rules: unknown[] } };
    wrong.routing.fallback = 'nowhere';
    const answer = await s.service.call('PUT', '/v1/packs/starter', { body: wrong });
    expect([answer.status, answer.body['code'], answer.body['errors']]).toEqual([
      400,
      'packs/invalid',
      [{ pointer: '/routing/fallback', detail: 'unit nowhere is not declared' }],
    ]);
    for (const junk of [{}, [], 3, null, 'x']) expect((await s.service.call('PUT', '/v1/packs/starter', { body: junk })).status).toBe(400);
    expect((await s.service.call('PUT', '/v1/packs/starter', { body: starter, as: s.person('zhao') })).status).toBe(403);
  });

  it('lets a machine act when the pack lists it as a performer', async () => {
    const desk = structuredClone(starter);
    Object.assign(desk.pack, { key: 'desk-robot', version: 1 });
    desk.process.actions['accept']?.by.push('machine');
    expect((await s.service.call('PUT', '/v1/packs/desk-robot', { body: desk })).status).toBe(201);
    const [allowed, forbidden] = [await s.ticket({ pack: { key: 'desk-robot', version: 1 } }), await s.ticket()];
    const act = (id: string) =>
      s.service.call('POST', `/v1/cases/${id}/actions/accept`, { as: { id: 'robot', roles: ['machine'] }, body: {} });
    expect((await act(allowed)).body).toMatchObject({ state: 'accepted', holder: 'robot' });
    expect((await act(forbidden)).body).toMatchObject({ status: 403, code: 'dispatch/not-yours' });
  });

  it('keeps an open ticket on the version of the pack it began with', async () => {
    const id = await s.ticket({ pack: { key: 'desk-two', version: 1 } });
    expect((await s.see(id)).body).toMatchObject({ pack: { key: 'desk-two', version: 1 } });
  });

  it('moves a case to another version where its steps map, with a record, and says what does not map', async () => {
    const put = (pack: object) => s.service.call('PUT', '/v1/packs/desk-moving', { body: pack });
    const first = structuredClone(starter);
    Object.assign(first.pack, { key: 'desk-moving', version: 1 });
    const renamed = JSON.parse(JSON.stringify(first).replaceAll('"waiting"', '"queued"')) as typeof first;
    const longer = structuredClone(first);
    for (const [pack, version] of [
      [first, 1],
      [renamed, 2],
      [longer, 3],
    ] as const)
      expect((await put({ ...pack, pack: { ...pack.pack, version } })).status).toBe(201);
    const id = await s.ticket({ pack: { key: 'desk-moving', version: 1 } });
    const move = (version: number, as = s.person('zhao')) => s.service.call('POST', `/v1/cases/${id}/repack`, { as, body: { version } });
    expect((await move(3, s.person('wang'))).status).toBe(403);
    expect((await move(1)).body).toMatchObject({ status: 409, code: 'dispatch/same-version' });
    expect((await move(9)).body).toMatchObject({ status: 404, code: 'dispatch/no-pack' });
    expect((await move(2)).body).toMatchObject({ status: 409, code: 'dispatch/does-not-map', missing: ['step waiting'] });
    expect((await move(3)).body).toMatchObject({ pack: { version: 3 }, version: 2 });
    await s.emitted(id, 'dispatched', 'repacked');
    expect((await s.act(id, 'wang', 'accept')).body).toMatchObject({ pack: { version: 3 }, step: 'handling' });
  });

  it('moves no case to another version whose lead is not at the version that If-Match names', async () => {
    for (const version of [1, 2]) {
      const pack = { ...starter, pack: { ...starter.pack, key: 'desk-matching', version } };
      expect((await s.service.call('PUT', '/v1/packs/desk-matching', { body: pack })).status).toBe(201);
    }
    const id = await s.ticket({ pack: { key: 'desk-matching', version: 1 } });
    const seen = (await s.see(id)).headers.get('etag') ?? '';
    expect((await s.act(id, 'wang', 'accept')).status).toBe(200);
    const move = (match: string) =>
      s.service.call('POST', `/v1/cases/${id}/repack`, { as: s.person('zhao'), body: { version: 2 }, headers: { 'if-match': match } });
    expect((await move(seen)).body).toMatchObject({ status: 409, code: 'dispatch/stale-version' });
    expect((await move('nothing')).body).toMatchObject({ status: 400, code: 'platform/bad-if-match' });
    expect((await move((await s.see(id)).headers.get('etag') ?? '')).body).toMatchObject({ pack: { version: 2 } });
  });

  it('moves a case once under one Idempotency-Key, and refuses the key for another request', async () => {
    for (const version of [1, 2, 3]) {
      const pack = { ...starter, pack: { ...starter.pack, key: 'desk-keyed', version } };
      expect((await s.service.call('PUT', '/v1/packs/desk-keyed', { body: pack })).status).toBe(201);
    }
    const id = await s.ticket({ pack: { key: 'desk-keyed', version: 1 } });
    const move = (version: number, key: string, match?: string) =>
      s.service.call('POST', `/v1/cases/${id}/repack`, {
        as: s.person('zhao'),
        body: { version },
        headers: { 'idempotency-key': key, ...(match === undefined ? {} : { 'if-match': match }) },
      });
    const seen = (await s.see(id)).headers.get('etag') ?? '';
    const both = await Promise.all([move(2, 'move-1', seen), move(2, 'move-1', seen)]);
    expect(both.map((answer) => answer.status)).toEqual([200, 200]);
    expect(both.map((answer) => answer.headers.get('idempotency-replayed'))).toContain('true');
    expect((await move(3, 'move-2')).status).toBe(200);
    const late = await move(2, 'move-1', seen);
    expect([late.status, late.headers.get('idempotency-replayed'), late.body['pack']]).toMatchObject([200, 'true', { version: 3 }]);
    expect((await move(3, 'move-1')).body).toMatchObject({ status: 422, code: 'dispatch/idempotency-key-reused' });
    const act = await s.act(id, 'wang', 'accept', undefined, { 'idempotency-key': 'of-wang' });
    expect(act.status).toBe(200);
    expect((await move(2, 'x'.repeat(256))).body).toMatchObject({ status: 400, code: 'dispatch/bad-idempotency-key' });
    await s.emitted(id, 'dispatched', 'repacked', 'repacked', 'accepted');
  });

  it('keeps no key of a move that was refused', async () => {
    for (const version of [1, 2]) {
      const pack = { ...starter, pack: { ...starter.pack, key: 'desk-refusing', version } };
      expect((await s.service.call('PUT', '/v1/packs/desk-refusing', { body: pack })).status).toBe(201);
    }
    const id = await s.ticket({ pack: { key: 'desk-refusing', version: 1 } });
    const move = (match: string) =>
      s.service.call('POST', `/v1/cases/${id}/repack`, {
        as: s.person('zhao'),
        body: { version: 2 },
        headers: { 'idempotency-key': 'again', 'if-match': match },
      });
    expect((await move('"v99"')).body).toMatchObject({ status: 409, code: 'dispatch/stale-version' });
    expect((await move((await s.see(id)).headers.get('etag') ?? '')).body).toMatchObject({ pack: { version: 2 } });
  });

  it('answers not-yet for a ticket whose case has not arrived, and 404 for one that was never registered', async () => {
    const move = (id: string) => s.service.call('POST', `/v1/cases/${id}/repack`, { as: s.person('zhao'), body: { version: 2 } });
    const early = await move(newId());
    expect([early.status, early.body['code'], early.headers.get('retry-after')]).toEqual([409, 'dispatch/not-yet', '1']);
    expect((await move('019d2c1e-6f3a-7c55-9d0b-3a1f6a2b7c10')).body).toMatchObject({ status: 404, code: 'dispatch/no-case' });
  });
});
