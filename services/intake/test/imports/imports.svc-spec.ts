import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestService } from '@gongdan/messaging/testing';
import { type PackFormat1 as Pack, readPack } from '@gongdan/packs';
import { eventually } from '@gongdan/testing';
import { ImportsStore } from '../../src/store/imports/imports.store.js';
import { ImportRows } from '../../src/use-cases/imports/import-rows.js';
import { cellsOf, csv, good, MAPPING, ME, importDesk } from './import-desk.js';
import { aTicket, gapFree, numbered, publish, startIntake, starter } from '../intake-service.js';

describe('imports', () => {
  let s: TestService;
  beforeAll(async () => {
    s = await startIntake({ acme: starter, other: starter, gapless: gapFree });
  });
  afterAll(() => s.close());
  const { ended, run, rowsOf, held } = importDesk(() => s);

  it('imported tickets keep their original instants and are published', async () => {
    const view = await run(csv(good(1), good(2)));
    expect(view).toMatchObject({ state: 'done', percent: 100, rows: 2, created: 2, rejected: 0 });
    const list = await s.call('GET', '/v1/tickets?to=2020-12-31T00:00:00Z');
    expect((list.body['items'] as { registeredAt: string }[]).map((t) => t.registeredAt).sort()).toEqual([
      '2020-05-02T02:00:00.000Z',
      '2020-05-03T02:00:00.000Z',
    ]);
    await eventually(() => expect(s.emitted().filter((e) => (e.data as { externalKey?: string }).externalKey === 'K1')).toHaveLength(1));
    expect(s.emitted().find((e) => (e.data as { externalKey?: string }).externalKey === 'K1')).toMatchObject({
      occurredAt: '2020-05-02T02:00:00.000Z',
      data: { history: { source: 'old-desk', closedAt: '2020-05-20T02:00:00.000Z' } },
    });
  });

  it('imports add nothing the second time, and report changed content', async () => {
    await run(csv(good(11), good(12)));
    const again = await run(csv(good(11), good(12, 'changed since'), good(13)));
    expect(again).toMatchObject({ created: 1, unchanged: 1, changed: 1 });
    expect((await rowsOf(again.id))[1]).toMatchObject({ outcome: 'changed', notes: [expect.objectContaining({ pointer: '编号' })] });
  });

  it('imports compare the content of the file, not what a newer version of the pack makes of it', async () => {
    const mapping = { ...MAPPING, source: 'compared' };
    expect(await run(csv(good(15)), mapping)).toMatchObject({ created: 1 });
    const version = (more: number): Pack['pack'] => ({ ...starter.pack, version: starter.pack.version + more });
    await publish(s, 'acme', {
      ...starter,
      pack: version(1),
      catalogue: { ...starter.catalogue, defaultPriority: 'minor' },
      intake: { ...starter.intake, required: ['contact.email'] },
    });
    const again = await run(csv(good(15), good(16)), mapping);
    expect(again).toMatchObject({ unchanged: 1, changed: 0, rejected: 1 });
    expect((await rowsOf(again.id))[1]?.notes).toMatchObject([{ pointer: '/contact/email' }]);
    await publish(s, 'acme', { ...starter, pack: version(2) });
  });

  it('pass over numbers that exist', async () => {
    // A series of the year and one without a scope, which write the same numbers.
    for (const [key, gapless] of [
      ['alike-gapless', true],
      ['alike', false],
    ] as const) {
      const format = `${key}-{yyyy}{seq:3}`;
      const [taken, pack] = [numbered(`${key}-before`, format, gapless, ['year']), numbered(key, format, gapless)];
      for (const p of [taken, pack]) await publish(s, 'acme', p);
      const mapping = { ...MAPPING, source: key };
      expect(
        await run(csv(good(1), good(2), good(3)), { ...mapping, source: `${key}-before` }, 'text/csv', 'acme', taken.pack.key),
      ).toMatchObject({ created: 3 });
      const view = await run(csv(good(1), good(2)), mapping, 'text/csv', 'acme', key);
      expect(view).toMatchObject({ state: 'done', created: 2 });
      const numbers = await s.running.app.database.rows<{ number: string }>(
        'select number from import_results where job = $1::uuid order by number',
        [view.id],
      );
      expect(numbers.map((n) => n.number)).toEqual([`${key}-2020004`, `${key}-2020005`]);
    }
  });

  it('imports convert cells to the types that attributes have in the pack', async () => {
    const pack = numbered('measured', 'M{seq:4}', false);
    const attribute = (key: string, type: 'number' | 'boolean' | 'text') => ({ key, names: { 'zh-CN': key, en: key }, type });
    await publish(s, 'acme', {
      ...pack,
      intake: { ...pack.intake, attributes: [attribute('floor', 'number'), attribute('vip', 'boolean'), attribute('desk', 'text')] },
    });
    const fields = {
      ...MAPPING.fields,
      'attributes.floor': { column: '标题' },
      'attributes.vip': { column: '类型', map: { 投诉: 'true' } },
      'attributes.desk': { const: 7 },
    };
    const view = await run(
      csv(good(17, '12'), good(18, 'twelve')),
      { ...MAPPING, source: 'measured', fields },
      'text/csv',
      'acme',
      'measured',
    );
    expect(view).toMatchObject({ created: 1, rejected: 1 });
    expect((await rowsOf(view.id))[1]?.notes).toMatchObject([{ pointer: '/attributes/floor', detail: 'must be a number' }]);
    await eventually(() =>
      expect(s.emitted().find((e) => (e.data as { number?: string }).number === 'M0001')).toMatchObject({
        data: { attributes: { floor: 12, vip: true, desk: '7' } },
      }),
    );
  });

  it('imports and requests count the tickets they register in the metrics', async () => {
    const metric = async (name: string): Promise<number> => {
      const { text } = await s.call('GET', '/metrics', { as: null });
      return Number(new RegExp(`^${name.replace(/[{}]/g, '\\$&').replace('}', ',service="intake"}')} (\\d+)$`, 'm').exec(text)?.[1]);
    };
    const imported = await metric('gongdan_tickets_registered_total{by="import"}');
    await s.call('POST', '/v1/tickets', { body: aTicket() });
    expect(await metric('gongdan_tickets_registered_total{by="api"}')).toBeGreaterThan(0);
    await run(csv(good(781), good(782), good(782)), { ...MAPPING, source: 'metrics' });
    expect((await metric('gongdan_tickets_registered_total{by="import"}')) - imported).toBe(2);
  });

  it('imports reject a row whose event would be invalid, and spend no number on it', async () => {
    const { nest, database } = s.running.app;
    const { id, release } = await held(csv(good(1)), 'gapless');
    await database.run('update import_jobs set owner = $2::uuid where id = $1::uuid', [id, ME]);
    const job = await nest.get(ImportsStore).get(database, 'gapless', id);
    // No file or mapping causes this; a pack whose numbers are longer than an event allows does.
    const long = {
      ...gapFree,
      intake: { ...gapFree.intake, numbering: { format: `${'N'.repeat(52)}{seq:12}`, scope: [], gapFree: true } },
    };
    const counters = () => database.rows(`select * from number_counters where org = 'gapless' order by series`);
    const before = await counters();
    expect(
      await database.transaction((tx) =>
        nest.get(ImportRows).run(tx, job, ME, readPack(long), {
          rows: [{ row: 1, line: 2, lastLine: 2, cells: cellsOf(good(1)) }],
          bytesDone: 10,
          numbersClash: false,
        }),
      ),
    ).toBe(0);
    expect((await rowsOf(id, 'gapless'))[0]).toMatchObject({
      outcome: 'rejected',
      notes: [{ pointer: 'number', detail: expect.stringContaining('60') }],
    });
    expect(await counters()).toEqual(before);
    await release();
    expect(await ended(id, 'gapless')).toMatchObject({ state: 'done', created: 0, rejected: 1 });
  });

  it('imports name the same ticket for a key that is in the file twice', async () => {
    const view = await run(csv(good(81), good(81), good(81, 'other content')));
    expect(view).toMatchObject({ created: 1, unchanged: 1, changed: 1 });
    const rows = (await rowsOf(view.id)) as unknown as { number: string; ticketId: string }[];
    expect(rows[0]?.number).toMatch(/^GD/);
    expect(new Set(rows.map((r) => `${r.number} ${r.ticketId}`)).size).toBe(1);
  });

  it('imports are not found by another organisation', async () => {
    const view = await run(csv(good(95)));
    const ask = (method: string, tail: string) =>
      s.call(method, `/v1/imports/${view.id}${tail}`, {
        as: { org: 'other' },
        ...(method === 'PUT' && { raw: Buffer.from('x'), headers: { 'content-type': 'text/csv' } }),
      });
    for (const [method, tail] of [
      ['GET', ''],
      ['GET', '/rows'],
      ['GET', '/result.csv'],
      ['PUT', '/file'],
    ] as const) {
      expect((await ask(method, tail)).body).toMatchObject({ status: 404, code: 'intake/no-such-import' });
    }
    expect((await s.call('GET', '/v1/imports', { as: { org: 'other' } })).body).toEqual({ items: [] });
  });
});
