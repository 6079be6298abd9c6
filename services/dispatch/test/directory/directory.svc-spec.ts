import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type EventEnvelope } from '@gongdan/contracts';
import { entryStream } from '@gongdan/messaging';
import { type TestPerson } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { DispatchService, starter } from '../dispatch-service.js';

const names = { 'zh-CN': '单位', en: 'Unit' };

describe('the directory', () => {
  let s: DispatchService;
  let orgs = 0;
  /** A caller of an organisation of its own. */
  const admin = (): TestPerson => ({ id: 'boss', org: `dir-${(orgs += 1)}`, roles: ['admin'] });
  const call = (as: TestPerson, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    s.service.call(method, `/v1/directory/${path}`, { as, headers, ...(body === undefined ? {} : { body }) });
  const told = (as: TestPerson, kind: 'unit' | 'person' | 'membership' | 'deputy' | 'presence', id: string): EventEnvelope[] =>
    s.service.emitted(entryStream(as.org ?? '', kind, id));

  beforeAll(async () => {
    s = await DispatchService.start();
  });
  afterAll(() => s.service.close());

  it('adds, changes and deletes a unit, tells each change once and audits it', async () => {
    const as = admin();
    const added = await call(as, 'PUT', 'units/east', { names, level: 'site' });
    expect([added.status, added.headers.get('etag'), added.body]).toEqual([201, '"v1"', { key: 'east', version: 1, names, level: 'site' }]);
    expect((await call(as, 'PUT', 'units/east', { level: 'site', names })).body['version']).toBe(1);
    expect((await call(as, 'PUT', 'units/east', { names, level: 'city' }, { 'if-match': '"v1"' })).body['version']).toBe(2);
    expect((await call(as, 'PUT', 'units/east', { names }, { 'if-match': '"v1"' })).body).toMatchObject({
      status: 409,
      code: 'dispatch/stale-version',
    });
    expect((await call(as, 'DELETE', 'units/east', undefined, { 'if-match': '"v1"' })).status).toBe(409);
    expect((await call(as, 'DELETE', 'units/east', undefined, { 'if-match': '"v2"' })).status).toBe(204);
    expect((await call(as, 'GET', 'units/east')).status).toBe(404);
    expect((await call(as, 'DELETE', 'units/east')).status).toBe(404);
    await eventually(() =>
      expect(told(as, 'unit', 'east').map((e) => [e.name, e.seq, e.data])).toEqual([
        ['dispatch.unit-changed', 1, { key: 'east', unit: { names, level: 'site' } }],
        ['dispatch.unit-changed', 2, { key: 'east', unit: { names, level: 'city' } }],
        ['dispatch.unit-changed', 3, { key: 'east' }],
      ]),
    );
    const audit = await call(as, 'GET', 'audit?of=units&id=east');
    expect(audit.body['items']).toEqual([
      { at: expect.any(String), by: { id: 'boss', name: 'boss' }, of: 'units', id: 'east', before: { names, level: 'city' }, after: null },
      {
        at: expect.any(String),
        by: { id: 'boss', name: 'boss' },
        of: 'units',
        id: 'east',
        before: { names, level: 'site' },
        after: { names, level: 'city' },
      },
      { at: expect.any(String), by: { id: 'boss', name: 'boss' }, of: 'units', id: 'east', before: null, after: { names, level: 'site' } },
    ]);
    expect((await call(as, 'PUT', 'units/east', { names })).body['version']).toBe(4);
  });

  it('refuses a unit under itself, an unknown parent, and the deletion of a unit that is referred to', async () => {
    const as = admin();
    await call(as, 'PUT', 'units/a', { names });
    await call(as, 'PUT', 'units/b', { names, parent: 'a' });
    expect((await call(as, 'PUT', 'units/a', { names, parent: 'b' })).body).toMatchObject({ status: 422, code: 'dispatch/unit-cycle' });
    expect((await call(as, 'PUT', 'units/a', { names, parent: 'a' })).body).toMatchObject({ status: 422, code: 'dispatch/unit-cycle' });
    expect((await call(as, 'PUT', 'units/c', { names, parent: 'x' })).body).toMatchObject({
      status: 422,
      code: 'dispatch/unknown-parent',
      errors: [{ pointer: '/parent', detail: 'there is no unit x' }],
    });
    expect((await call(as, 'DELETE', 'units/a')).body).toMatchObject({ status: 422, code: 'dispatch/entry-in-use' });
    expect((await call(as, 'PUT', 'units/Bad Key', { names })).status).toBe(400);
    expect((await call(as, 'PUT', 'units/d', { names, colour: 'red' })).status).toBe(400);
  });

  it('keeps contacts of people sealed in the database, on the bus and in answers to those who may not change them', async () => {
    const as = admin();
    const wu = { name: '吴强', email: 'wu@example.org', phone: '13800001111' };
    expect((await call(as, 'PUT', 'people/wu', wu)).body).toMatchObject({ id: 'wu', ...wu });
    // The same contact keeps its token, so nothing changes.
    expect((await call(as, 'PUT', 'people/wu', wu)).body['version']).toBe(1);
    await eventually(() => expect(told(as, 'person', 'wu')).toHaveLength(1));
    const stored = await s.service.running.app.database.rows('select * from directory_entries e, directory_audit a where e.org = $1', [
      as.org,
    ]);
    expect(JSON.stringify([told(as, 'person', 'wu'), stored])).not.toMatch(/13800001111|wu@example/);
    expect((await call({ ...as, roles: ['handler'] }, 'GET', 'people/wu')).body).toEqual({ id: 'wu', version: 1, name: '吴强' });
    expect((await call(as, 'GET', 'audit?of=people')).body['items']).toMatchObject([{ after: wu }]);
    await call(as, 'PUT', 'people/wu', { name: '吴强' });
    expect((await call(as, 'GET', 'people/wu')).body).toEqual({ id: 'wu', version: 2, name: '吴强' });
  });

  it('knows memberships by person and unit, and refuses unknown people, units and roles', async () => {
    const as = admin();
    await call(as, 'PUT', 'units/a', { names });
    await call(as, 'PUT', 'people/wu', { name: 'Wu' });
    const member = { roles: ['handler'], skills: { gas: 2 }, capacity: 3, shift: { mon: ['09:00-12:00', '22:00-06:00'] } };
    expect((await call(as, 'PUT', 'memberships/wu?unit=a', member)).body).toEqual({ person: 'wu', unit: 'a', version: 1, ...member });
    expect((await call(as, 'PUT', 'memberships/wu', { roles: ['supervisor'] })).body).toEqual({
      person: 'wu',
      version: 1,
      roles: ['supervisor'],
    });
    expect((await call(as, 'GET', 'memberships?unit=a')).body['items']).toMatchObject([{ person: 'wu', unit: 'a' }]);
    expect((await call(as, 'GET', 'memberships?person=wu')).body['items']).toHaveLength(2);
    const code = async (path: string, body: object) => (await call(as, 'PUT', path, body)).body['code'];
    expect(await code('memberships/xu?unit=a', { roles: ['handler'] })).toBe('dispatch/unknown-person');
    expect(await code('memberships/wu?unit=b', { roles: ['handler'] })).toBe('dispatch/unknown-unit');
    expect(await code('memberships/wu?unit=a', { roles: ['wizard'] })).toBe('dispatch/unknown-role');
    expect((await call(as, 'PUT', 'memberships/wu?unit=a', { roles: ['handler'], shift: { mon: ['9-12'] } })).status).toBe(400);
    expect((await call(as, 'DELETE', 'memberships/wu?unit=a')).status).toBe(204);
    expect((await call(as, 'GET', 'memberships/wu?unit=a')).status).toBe(404);
  });

  it('deletes a person with everything that refers to the person', async () => {
    const as = admin();
    for (const id of ['wu', 'xu']) await call(as, 'PUT', `people/${id}`, { name: id });
    const period = { from: '2026-03-02T00:00:00+08:00', until: '2026-03-09T00:00:00Z' };
    await call(as, 'PUT', 'memberships/wu', { roles: ['handler'] });
    expect((await call(as, 'PUT', 'deputies/march', { person: 'xu', deputy: 'wu', ...period })).body).toMatchObject({
      from: '2026-03-01T16:00:00.000Z',
    });
    expect((await call(as, 'PUT', 'deputies/self', { person: 'xu', deputy: 'xu', ...period })).body['code']).toBe('dispatch/own-deputy');
    expect(
      (await call(as, 'PUT', 'deputies/late', { person: 'xu', deputy: 'wu', from: period.until, until: period.until })).body['code'],
    ).toBe('dispatch/empty-period');
    await call(as, 'PUT', 'presence/wu', { state: 'absent' });
    expect((await call(as, 'DELETE', 'people/wu')).status).toBe(204);
    for (const path of ['memberships/wu', 'deputies/march', 'presence/wu']) expect((await call(as, 'GET', path)).status).toBe(404);
    await eventually(() =>
      expect(told(as, 'deputy', 'march').map((e) => e.data)).toMatchObject([{ deputy: { deputy: 'wu' } }, { id: 'march' }]),
    );
  });

  it('lets everybody say that he is absent, and nobody say it of others without the right', async () => {
    const as = admin();
    await call(as, 'PUT', 'people/wu', { name: 'Wu' });
    const wu = { ...as, id: 'wu', roles: ['handler'] };
    expect((await call(wu, 'PUT', 'presence/wu', { state: 'absent', until: '2026-03-03T00:00:00.000Z' })).status).toBe(201);
    expect((await call({ ...wu, id: 'xu' }, 'PUT', 'presence/wu', { state: 'present' })).body).toMatchObject({
      status: 403,
      code: 'dispatch/not-yourself',
    });
    expect((await call(wu, 'PUT', 'people/wu', { name: 'Emperor' })).status).toBe(403);
    expect((await call(as, 'PUT', 'presence/wu', { state: 'present' })).status).toBe(200);
  });

  it('keeps organisations apart', async () => {
    const [as, other] = [admin(), admin()];
    await call(as, 'PUT', 'units/a', { names });
    expect((await call(other, 'GET', 'units/a')).status).toBe(404);
    expect((await call(other, 'GET', 'audit')).body['items']).toEqual([]);
    expect((await call(other, 'PUT', 'units/b', { names, parent: 'a' })).body['code']).toBe('dispatch/unknown-parent');
  });

  it('pages through a list', async () => {
    const as = admin();
    for (const key of ['a', 'b', 'c', 'd', 'e']) await call(as, 'PUT', `units/${key}`, { names });
    const seen: unknown[] = [];
    for (let next: unknown = ''; next !== null;) {
      const page = await call(as, 'GET', `units?limit=2${next === '' ? '' : `&cursor=${String(next)}`}`);
      seen.push(...(page.body['items'] as { key: string }[]).map((u) => u.key));
      next = page.body['next'];
    }
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('has the units and people of a published pack of format 1, as far as it did not know them', async () => {
    const as = admin();
    await call(as, 'PUT', 'units/network', { names });
    await call(as, 'PUT', 'people/li', { name: 'Another Li' });
    expect((await s.service.call('PUT', '/v1/packs/starter', { as, body: starter })).status).toBe(201);
    expect((await call(as, 'GET', 'units/network')).body).toMatchObject({ version: 1, names });
    expect((await call(as, 'GET', 'people/li')).body).toMatchObject({ version: 1, name: 'Another Li' });
    expect((await call(as, 'GET', 'memberships?person=li')).body['items']).toEqual([]);
    expect((await call(as, 'GET', 'memberships?person=wang')).body['items']).toMatchObject([{ unit: 'billing', roles: ['handler'] }]);
    expect((await call(as, 'GET', 'memberships?person=zhao')).body['items']).toMatchObject([
      { person: 'zhao', roles: ['supervisor'] },
      { unit: 'review-centre', roles: ['supervisor'] },
    ]);
    expect((await call(as, 'GET', 'people/wang')).body).toMatchObject({ email: 'wang@starter.example' });
    expect((await s.service.call('GET', '/v1/units', { as })).body['items']).toHaveLength(starter.org.units.length);
    expect((await s.service.call('GET', '/v1/units/billing/people', { as })).body['items']).toMatchObject([
      { id: 'wang', units: ['billing'], roles: ['handler'] },
    ]);
    expect((await s.service.call('GET', '/v1/units/nowhere/people', { as })).status).toBe(404);
  });

  it('is filled at the start of a service whose packs an older release published', async () => {
    await s.service.running.app.database.run(
      `insert into packs_in_force (org, key, version, digest, pack, published_at, published_by) values ('older', 'starter', 1, 'x', $1, now(), 'x')`,
      [JSON.stringify(starter)],
    );
    const replica = await DispatchService.start({ database: s.service.database, bus: s.service.bus });
    const units = await replica.service.call('GET', '/v1/units', { as: { org: 'older', roles: ['admin'] } });
    await replica.service.close();
    expect(units.body['items']).toHaveLength(starter.org.units.length);
  });

  it('answers by the newest version at once, on every replica', async () => {
    const as = admin();
    const replica = await DispatchService.start({ database: s.service.database, bus: s.service.bus });
    for (let i = 1; i <= 5; i += 1) {
      await call(as, 'PUT', `units/u${i}`, { names });
      const [here, there] = await Promise.all([s, replica].map((one) => one.service.call('GET', '/v1/units', { as })));
      for (const one of [here, there]) expect(one?.body['items']).toHaveLength(i);
    }
    await replica.service.close();
  });
});
