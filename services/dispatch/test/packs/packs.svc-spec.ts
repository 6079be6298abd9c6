import { fileURLToPath } from 'node:url';
import { newId } from '@gongdan/kernel';
import { type PackFormat1 as Pack } from '@gongdan/packs';
import { readPackFolder } from '@gongdan/packs/files';
import { eventually } from '@gongdan/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { city, DispatchService, starter } from '../dispatch-service.js';

const admin = { org: 'packs', roles: ['admin'] };
const unit = (i: number) => ({ key: `u${i}`, names: { 'zh-CN': '单位', en: `A unit with a long name, number ${i}` } });
const version = (n: number): Pack => ({ ...starter, pack: { ...starter.pack, version: n } });

describe('publishing a pack', () => {
  let s: DispatchService;
  beforeAll(async () => {
    s = await DispatchService.start({ env: { PACK_QUOTA_VERSIONS: '3', PACK_QUOTA_MB: '1' } });
  });
  afterAll(() => s.service.close());

  const put = (body: unknown, as = admin) => s.service.call('PUT', '/v1/packs/starter', { as, body });

  it('answers at most 50 violations for a pack with thousands of mistakes', async () => {
    const broken = { ...starter, org: { ...starter.org, units: Array.from({ length: 20_000 }, () => ({})) } };
    const answer = await put(broken);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'packs/invalid', mistakes: expect.any(Number) });
    expect(answer.body['errors']).toHaveLength(50);
    expect(answer.text.length).toBeLessThan(20_000);
  });

  it.each<[string, () => unknown, number, string]>([
    [
      '300,000 empty units',
      () => ({ ...starter, org: { units: Array.from({ length: 300_000 }, () => ({})), people: [] } }),
      400,
      'platform/too-many-values',
    ],
    [
      '5 MB of text',
      () => ({ ...starter, pack: { ...starter.pack, about: { 'zh-CN': 'x'.repeat(5_000_000), en: 'x' } } }),
      413,
      'platform/body-too-large',
    ],
  ])('refuses %s with the reason', async (_, body, status, code) => {
    const text = JSON.stringify(body());
    const token = await s.service.token(admin);
    const answer = await s.service.call('PUT', '/v1/packs/starter', {
      raw: text,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    });
    expect(answer.body).toMatchObject({ status, code });
    expect(answer.text.length).toBeLessThan(2_000);
  });

  it('checks a pack of format 2 and names each mistake by part and pointer', async () => {
    const { json } = readPackFolder(fileURLToPath(new URL('../../../../../docs/packs-howto/lost-property/', import.meta.url)));
    const broken = structuredClone(json) as { process: { actions: Record<string, Record<string, unknown>>; start: unknown[] } };
    broken.process.actions['match'] = { ...broken.process.actions['match'], fom: 'found', form: 'fund' };
    broken.process.start = [{ when: { 'class.typ': 'lost' }, go: 'searching' }];
    const answer = await put(broken);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'packs/invalid' });
    expect(answer.body['errors']).toEqual(
      expect.arrayContaining([
        { pointer: '/process/actions/match/fom', detail: 'fom is not known here; did you mean form?' },
        { pointer: '/process/actions/match/form', detail: 'form fund is not declared; did you mean found?' },
        { pointer: '/process/start/0/when/class.typ', detail: 'class.typ is not a fact; did you mean class.type?' },
      ]),
    );
  });

  it('refuses a pack of format 2 that is nested deep, has a million rows or a loop of reactions, with the reason', async () => {
    const { json } = readPackFolder(fileURLToPath(new URL('../../../../../docs/packs-howto/lost-property/', import.meta.url)));
    const token = await s.service.token(admin);
    const text = JSON.stringify(json);
    const deep = text.replace('"forms":{', `"forms":{"deep":${'['.repeat(100_000)}${']'.repeat(100_000)},`);
    const rows = text.replace('"forms":{', `"forms":{"rows":[${'1,'.repeat(1_000_000)}1],`);
    const loop = text.replace('"reactions":{', '"reactions":{"again":{"on":"dispatch.task-woke","do":[{"sleep":{"until":"1h"}}]},');
    for (const [raw, status, reason] of [
      [deep, 400, /too-deep|deep|levels/],
      [rows, 413, /body-too-large/],
      [loop, 400, /without end; give one of them a limit/],
    ] as const) {
      const answer = await s.service.call('PUT', '/v1/packs/lost-property', {
        raw,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      });
      expect(answer.status).toBe(status);
      expect(answer.text).toMatch(reason);
    }
  });

  it('stops at the quota of versions and of bytes, per organisation', async () => {
    for (const n of [1, 2, 3]) expect((await put(version(n))).status).toBe(201);
    expect((await put(version(4))).body).toMatchObject({
      status: 422,
      code: 'dispatch/pack-quota',
      versions: 3,
      mostVersions: 3,
    });
    // What is in force already costs nothing.
    expect((await put(version(3))).status).toBe(200);
    const other = { org: 'large', roles: ['admin'] };
    const large = (n: number) => ({
      ...version(n),
      org: { ...starter.org, units: [...starter.org.units, ...Array.from({ length: 8_000 }, (_, i) => unit(i))] },
    });
    expect((await put(large(1), other)).status).toBe(201);
    expect((await put(large(2), other)).body).toMatchObject({
      status: 422,
      code: 'dispatch/pack-quota',
      mostBytes: 1_000_000,
    });
  });

  it('checks packs one after the other when many arrive at once', async () => {
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map((org) => put(version(1), { org: `many-${org}`, roles: ['admin'] })));
    expect(answers.map((a) => a.status)).toEqual([201, 201, 201, 201]);
  });
});

describe('a stored pack that this release cannot read', () => {
  let s: DispatchService;
  let replica: DispatchService;
  beforeAll(async () => {
    s = await DispatchService.start();
    await s.service.running.app.database.run(
      `insert into packs_in_force (org, key, version, digest, pack, published_at, published_by) values ('old', 'starter', 1, 'x', '{"pack": {"format": 0}}', now(), 'x')`,
    );
    replica = await DispatchService.start({ database: s.service.database, bus: s.service.bus });
  });
  afterAll(async () => {
    await replica.service.close();
    await s.service.close();
  });

  it('does not keep a replica from starting and being ready', async () => {
    await eventually(async () => expect((await fetch(`${replica.service.running.url}/health/ready`)).status).toBe(200));
  });

  it('makes its own tickets wait and lets all others through', async () => {
    const waiting = newId();
    await s.registered(waiting, { pack: { key: 'starter', version: 1 } }, 'old');
    const ticket = await s.ticket();
    await s.emitted(ticket, 'dispatched');
    await eventually(async () =>
      expect(
        await s.service.running.app.database.rows(
          'select code, again_at is not null as again from parked_events where ticket_id = $1::uuid',
          [waiting],
        ),
      ).toEqual([{ code: 'packs/unreadable', again: true }]),
    );
  });

  it('an unreadable pack is listed as unreadable, is answered with 503 when it is read, and is counted', async () => {
    const as = { org: 'old', roles: ['admin'] };
    expect((await s.service.call('GET', '/v1/packs', { as })).body['items']).toEqual([
      { key: 'starter', version: 1, digest: 'x', readable: false, publishedAt: expect.any(String), publishedBy: 'x' },
    ]);
    expect((await s.service.call('GET', '/v1/packs/starter', { as })).body).toMatchObject({ status: 503, code: 'packs/unreadable' });
    expect((await s.service.call('GET', '/v1/units', { as })).body).toEqual({ items: [] });
    expect(await (await fetch(`${s.service.running.url}/metrics`)).text()).toMatch(
      /gongdan_packs\{what="unreadable",service="dispatch"\} 1/,
    );
  });

  it('does not stop a pack that is published with a higher version', async () => {
    const as = { org: 'old', roles: ['admin'] };
    expect((await s.service.call('PUT', '/v1/packs/starter', { as, body: version(2) })).status).toBe(201);
    expect((await s.service.call('GET', '/v1/packs', { as })).body['items']).toMatchObject([{ version: 2, readable: true }]);
    expect(city.pack.key).toBe('city-311');
  });
});
