import { readFileSync } from 'node:fs';
import { newId } from '@gongdan/kernel';
import { type TestPerson } from '@gongdan/messaging/testing';
import { hasRight, type RightName } from '@gongdan/platform';
import { eventually, reachesOrganisation, SCOPE_CALLERS, type ScopeCaller, scopeCallerId } from '@gongdan/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DispatchService } from '../dispatch-service.js';

/** Each route about cases: its right, and the answers inside and outside of the scope. Where both are 200, `lists` and `moved` say where the ticket must (not) be. */
const ROUTES: [
  method: string,
  path: string,
  right: RightName,
  inside: number,
  outside: number,
  more?: {
    body?: object;
    lists?: boolean;
    moved?: boolean;
    /** A result per ticket: nobody outside learns that there is a case. */
    results?: boolean;
    /** Of another person: only who reaches the organisation sees it. */
    ofOrganisation?: boolean;
  },
][] = [
  ['GET', '/v1/cases/{ticketId}', 'cases:read', 200, 404],
  ['GET', '/v1/cases/{ticketId}/decisions', 'cases:read', 200, 404],
  ['GET', '/v1/cases/{ticketId}/decisions/{no}', 'cases:read', 200, 404],
  ['POST', '/v1/routing/what-if', 'cases:supervise', 200, 404, { body: { ticketId: '{ticketId}', changes: {} } }],
  [
    'POST',
    '/v1/routing/replay',
    'routing:replay',
    200,
    200,
    { body: { pack: 'starter', routing: { tables: { main: { rules: [], fallback: { unit: 'nobody' } } } } }, moved: true },
  ],
  // Nobody of these may do it, and those outside do not learn that there is a case.
  ['POST', '/v1/cases/{ticketId}/actions/{action}', 'cases:act', 404, 404, { body: {} }],
  ['POST', '/v1/cases/{ticketId}/tasks/{task}/actions/{action}', 'cases:act', 404, 404, { body: {} }],
  ['POST', '/v1/cases/{ticketId}/route', 'cases:supervise', 409, 404, { body: { unit: 'network' } }],
  ['GET', '/v1/queues/{unit}', 'cases:read', 200, 403],
  ['POST', '/v1/cases/{ticketId}/repack', 'cases:supervise', 409, 404, { body: { version: 3 } }],
  ['POST', '/v1/cases/{ticketId}/submissions', 'cases:act', 400, 400, { body: {} }],
  ['POST', '/v1/bulk/actions', 'cases:act', 200, 200, { body: { action: 'no-such-action', tickets: ['{ticketId}'] }, results: true }],
  ['POST', '/v1/bulk', 'cases:act', 202, 202, { body: { action: 'no-such-action', tickets: ['{ticketId}'] } }],
  ['GET', '/v1/bulk/{id}', 'cases:read', 200, 404, { ofOrganisation: true }],
  // The pool is empty, so nobody gets a task.
  ['POST', '/v1/queues/{unit}/next', 'cases:act', 404, 403],
  ['GET', '/v1/tasks/mine', 'cases:read', 200, 200],
  ['GET', '/v1/unroutable', 'cases:supervise', 200, 200, { lists: true }],
];

describe('rights as role × unit', () => {
  let s: DispatchService;
  let ticket: string;
  let unroutable: string;
  let job: string;
  const org = 'scopes';
  const admin = { id: 'root', org, roles: ['admin'] };
  const put = async (path: string, body: object) => {
    const answer = await s.service.call('PUT', `/v1/directory/${path}`, { as: admin, body });
    expect([path, answer.status < 300]).toEqual([path, true]);
  };
  const as = (name: string): TestPerson => {
    const { roles = [], units = [] } = SCOPE_CALLERS[name] as ScopeCaller;
    return { id: scopeCallerId(name), org, roles, units };
  };
  const call = (name: string, method: string, path: string, body?: object) =>
    s.service.call(
      method,
      path
        .replace('{ticketId}', ticket)
        .replace('{unit}', 'billing')
        .replace('{id}', job)
        .replace('{task}', '1')
        .replace('{no}', '1')
        .replace('{action}', 'no-such-action'),
      {
        as: as(name),
        ...(body === undefined ? {} : { body: JSON.parse(JSON.stringify(body).replace('{ticketId}', ticket)) as object }),
      },
    );

  beforeAll(async () => {
    s = await DispatchService.start();
    const { starter } = await import('../dispatch-service.js');
    await s.service.call('PUT', '/v1/packs/starter', { as: admin, body: starter });
    const names = { 'zh-CN': '单位', en: 'Unit' };
    await put('units/centre', { names });
    for (const unit of ['billing', 'network']) await put(`units/${unit}`, { names, parent: 'centre' });
    await put('people/principal', { name: 'Principal' });
    await put('memberships/principal?unit=billing', { roles: ['handler'] });
    for (const [name, c] of Object.entries(SCOPE_CALLERS)) {
      if (c.member === undefined) continue;
      await put(`people/${scopeCallerId(name)}`, {
        name: name.slice(0, 60),
        ...(c.left === true ? { activeUntil: '2020-01-01T00:00:00.000Z' } : {}),
      });
      for (const [role, unit] of c.member)
        await put(`memberships/${scopeCallerId(name)}${unit === undefined ? '' : `?unit=${unit}`}`, { roles: [role] });
      if (c.deputyOf !== undefined)
        await put('deputies/d', {
          person: c.deputyOf,
          deputy: scopeCallerId(name),
          from: '2020-01-01T00:00:00Z',
          until: '2099-01-01T00:00:00Z',
        });
    }
    ticket = await s.ticket({ category: 'billing.refund' }, org);
    const principal = { id: 'principal', org, roles: [], units: [] };
    expect((await s.service.call('POST', `/v1/cases/${ticket}/actions/accept`, { as: principal, body: {} })).status).toBe(200);
    unroutable = await unroutableTicket();
    const body = { action: 'no-such-action', tickets: [ticket] };
    job = String((await s.service.call('POST', '/v1/bulk', { as: admin, body })).body['id']);
  }, 60_000);
  afterAll(() => s.service.close());

  // Every unit that the rules name returned it; the unit that registered it is billing.
  async function unroutableTicket(): Promise<string> {
    const { starter } = await import('../dispatch-service.js');
    const none = structuredClone(starter);
    Object.assign(none.pack, { key: 'desk-none', version: 1 });
    Object.assign(none, { routing: { rules: [] } });
    expect((await s.service.call('PUT', '/v1/packs/desk-none', { as: admin, body: none })).status).toBe(201);
    const id = newId();
    await s.registered(id, { pack: { key: 'desk-none', version: 1 }, unit: 'billing' }, org);
    await eventually(async () =>
      expect((await s.service.call('GET', `/v1/cases/${id}`, { as: { ...admin } })).body).toMatchObject({ state: 'unroutable' }),
    );
    return id;
  }

  it('knows every route about cases', () => {
    const { paths } = JSON.parse(readFileSync(new URL('../../../../../docs/openapi/dispatch.json', import.meta.url), 'utf8')) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const routes = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((m) => `${m.toUpperCase()} ${path}`));
    // A new route about cases needs a row in ROUTES, and with it an answer for everybody outside its scope.
    expect(routes.filter((r) => /\/v1\/(cases|queues|tasks|unroutable|routing|bulk)/.test(r)).sort()).toEqual(
      ROUTES.map(([m, p]) => `${m} ${p}`).sort(),
    );
  });

  it.each(Object.keys(SCOPE_CALLERS).flatMap((name) => ROUTES.map((route) => [name, `${route[0]} ${route[1]}`, route] as const)))(
    '%s: %s',
    async (name, _, [method, path, right, inside, outside, more]) => {
      const { counts, sees, seesAs = counts } = SCOPE_CALLERS[name] as ScopeCaller;
      const answer = await call(name, method, path, more?.body);
      const may = hasRight(counts, right);
      const reaches =
        more?.ofOrganisation === true ? reachesOrganisation(SCOPE_CALLERS[name] as ScopeCaller) : sees && hasRight(seesAs, right);
      const expected = may ? (reaches ? inside : outside) : 403;
      expect({ status: answer.status, body: expected < 300 ? undefined : answer.body['code'] }).toEqual({
        status: expected,
        body: expected < 300 ? undefined : expect.any(String),
      });
      if (more?.results === true && may)
        expect(answer.body['results']).toMatchObject([
          { result: 'refused', code: reaches ? 'dispatch/no-such-action' : 'dispatch/no-case' },
        ]);
      if (expected === 404 && !path.endsWith('/next') && more?.ofOrganisation !== true)
        expect(['dispatch/no-case', ...(reaches ? ['dispatch/no-such-action'] : [])]).toContain(answer.body['code']);
      if (path.endsWith('/actions/{action}') && may)
        expect(answer.body['code']).toBe(reaches ? 'dispatch/no-such-action' : 'dispatch/no-case');
      if (more?.lists === true && may)
        expect((answer.body['items'] as { ticketId: string }[]).map((t) => t.ticketId)).toEqual(reaches ? [unroutable] : []);
      if (more?.moved === true && may)
        expect((answer.body['items'] as { ticketId: string }[]).map((t) => t.ticketId).includes(ticket)).toBe(reaches);
    },
  );

  it('follows the directory at once: a person who leaves and one who comes, a deputy who begins and ends', async () => {
    const get = (id: string) => s.service.call('GET', `/v1/cases/${ticket}`, { as: { id, org, roles: [], units: [] } });
    await put('people/temp', { name: 'Temp' });
    expect((await get('temp')).status).toBe(403);
    await put('memberships/temp?unit=billing', { roles: ['handler'] });
    expect((await get('temp')).status).toBe(200);
    await put('memberships/temp?unit=network', { roles: ['handler'] });
    await s.service.call('DELETE', '/v1/directory/memberships/temp?unit=billing', { as: admin });
    expect((await get('temp')).status).toBe(404);
    await put('deputies/temp', { person: 'principal', deputy: 'temp', from: '2020-01-01T00:00:00Z', until: '2099-01-01T00:00:00Z' });
    expect((await get('temp')).status).toBe(200);
    await put('deputies/temp', { person: 'principal', deputy: 'temp', from: '2020-01-01T00:00:00Z', until: '2021-01-01T00:00:00Z' });
    expect((await get('temp')).status).toBe(404);
    await put('memberships/temp?unit=billing', { roles: ['handler'] });
    expect((await get('temp')).status).toBe(200);
    await put('people/temp', { name: 'Temp', activeUntil: '2020-01-01T00:00:00Z' });
    expect((await get('temp')).status).toBe(403);
  });

  it('shows a ticket to its holder wherever it lies', async () => {
    const holder = { id: 'handler-of-the-unit', org, roles: [], units: [] };
    const id = await s.ticket({ category: 'billing.refund' }, org);
    expect((await s.service.call('POST', `/v1/cases/${id}/actions/accept`, { as: holder, body: {} })).body).toMatchObject({
      holder: holder.id,
    });
    await put(`memberships/${holder.id}?unit=network`, { roles: ['handler'] });
    await s.service.call('DELETE', `/v1/directory/memberships/${holder.id}?unit=billing`, { as: admin });
    expect((await s.service.call('GET', `/v1/cases/${id}`, { as: holder })).status).toBe(200);
    expect((await s.service.call('GET', `/v1/cases/${ticket}`, { as: holder })).status).toBe(404);
  });
});
