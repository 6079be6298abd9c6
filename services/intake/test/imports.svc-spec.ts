import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestService } from '@gongdan/messaging/testing';
import { type Pack } from '@gongdan/packs';
import { packFolder } from '@gongdan/packs/files';
import { eventually } from '@gongdan/testing';
import iconv from 'iconv-lite';
import { ImportsStore } from '../src/store/imports.store.js';
import { ImportRows } from '../src/use-cases/imports/import-rows.js';
import { cellsOf, csv, good, HEADER, importDesk, many, MAPPING, ME, workbook } from './import-desk.js';
import { aTicket, gapFree, numbered, publish, startIntake, starter } from './intake-service.js';

describe('imports', () => {
  let s: TestService;
  beforeAll(async () => {
    s = await startIntake({ acme: starter, other: starter, gapless: gapFree });
  });
  afterAll(() => s.close());

  const { announce, send, ended, run, rowsOf, parked } = importDesk(() => s);

  it('keeps the original instants and tells the stream', async () => {
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

  it('adds nothing the second time, and reports changed content', async () => {
    await run(csv(good(11), good(12)));
    const again = await run(csv(good(11), good(12, 'changed since'), good(13)));
    expect(again).toMatchObject({ created: 1, unchanged: 1, changed: 1 });
    expect((await rowsOf(again.id))[1]).toMatchObject({ outcome: 'changed', notes: [expect.objectContaining({ pointer: '编号' })] });
  });

  it('compares what the file says, not what a newer version of the pack makes of it', async () => {
    const mapping = { ...MAPPING, source: 'said' };
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

  it('passes over numbers that exist', async () => {
    // A series of the year and one that never begins anew, which write the same numbers.
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

  it('makes of cells what attributes are in the pack', async () => {
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

  it('keeps the good rows of a broken file and says what is wrong with the others', async () => {
    const view = await run(
      csv(
        good(21),
        'K22,投诉,没有时间,,2020-05-20 10:00:00',
        'K23,投诉,坏时间,2020-13-45 10:00:00,',
        'K24,骂人,未知类型,2020-05-01 10:00:00,',
        'K25,投诉,too,many,cells,here,and,there',
        `K26,投诉,${'长'.repeat(1_000_000)},2020-05-01 10:00:00,`,
        ',投诉,没有编号,2020-05-01 10:00:00,',
        'K28,投诉,还没办结,2020-05-01 10:00:00,',
        good(29),
      ),
    );
    expect(view).toMatchObject({ state: 'done', rows: 9, created: 3, rejected: 6, noted: 1 });
    const rows = await rowsOf(view.id);
    expect(rows.map((r) => r.outcome)).toEqual([
      'created',
      'rejected',
      'rejected',
      'rejected',
      'rejected',
      'rejected',
      'rejected',
      'created',
      'created',
    ]);
    expect(rows[1]?.notes).toEqual([{ pointer: '受理时间', detail: 'has no date' }]);
    expect(rows[3]?.notes?.[0]).toMatchObject({ pointer: '类型' });
    expect(rows[7]?.notes).toEqual([{ pointer: '办结时间', detail: 'has no date' }]);
    const result = await s.call('GET', `/v1/imports/${view.id}/result.csv`);
    expect(result.text.trim().split('\n')).toHaveLength(10);
  });

  it('reads GBK, a byte order mark, and XLSX', async () => {
    expect(await run(iconv.encode(csv(good(31)), 'gbk'))).toMatchObject({ created: 1, rejected: 0 });
    expect(await run(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(csv(good(32)))]))).toMatchObject({ created: 1 });
    expect(
      await run(
        await workbook([good(33).split(','), good(34).split(',')]),
        { ...MAPPING, format: 'xlsx', sheet: '工单' },
        'application/octet-stream',
      ),
    ).toMatchObject({ state: 'done', created: 2, rejected: 0 });
  });

  it.each(['iso', 'YYYY-MM-DD HH:mm:ss', 'MM/DD/YYYY'])(
    'reads date cells of a workbook as the time they show in the zone of the mapping, whatever form its text has (%s)',
    async (dateFormat) => {
      const wall = (text: string) => new Date(`${text}Z`);
      const keys = ['K35', 'K36', 'K37'].map((k) => `${k} ${dateFormat}`);
      const [a = '', b = '', none = ''] = keys;
      const file = await workbook([[a, '投诉', 'x', wall('2026-03-02T09:00:00'), wall('2026-03-03T00:00:00')], [b, '投诉', 'x', wall('1990-07-01T12:00:00.250'), ''], [none, '投诉', 'x', new Date(NaN), '']]); // prettier-ignore
      const view = await run(file, { ...MAPPING, format: 'xlsx', dateFormat }, 'application/octet-stream');
      expect((await rowsOf(view.id)).map((r) => r.outcome)).toEqual(['created', 'created', 'rejected']);
      const said = await eventually(() => {
        const events = keys.map((key) => s.emitted().find((e) => (e.data as { externalKey?: string }).externalKey === key));
        expect(events.filter((e) => e !== undefined)).toHaveLength(2);
        return events;
      });
      expect(said[0]).toMatchObject({
        occurredAt: '2026-03-02T01:00:00.000Z',
        data: { history: { closedAt: '2026-03-02T16:00:00.000Z' } },
      });
      expect(said[1]).toMatchObject({ occurredAt: '1990-07-01T03:00:00.250Z' });
    },
  );

  it('fails a file without the mapped columns, a file that is no XLSX, and a mapping that is none', async () => {
    expect(await run('a,b\n1,2')).toMatchObject({ state: 'failed', created: 0, error: expect.stringContaining('编号') });
    expect(await run(Buffer.from('not a zip'), { ...MAPPING, format: 'xlsx' }, 'application/octet-stream')).toMatchObject({
      state: 'failed',
    });
    const bad = await s.call('POST', '/v1/imports', {
      body: { pack: 'starter', mapping: { ...MAPPING, fields: { nonsense: { const: 1 } } } },
    });
    expect(bad.body).toMatchObject({ status: 400, code: 'packs/invalid-mapping' });
  });

  it('reads a file of 3 MB that comes in small pieces', async () => {
    const text = Buffer.from(csv(...many(10_000, 2_000, 'x'.repeat(1_500))));
    expect(text.length).toBeGreaterThan(3_000_000);
    let at = 0;
    const pieces = new ReadableStream({
      pull(controller) {
        if (at >= text.length) controller.close();
        else controller.enqueue(new Uint8Array(text.subarray(at, (at += 1_021))));
      },
    });
    const id = await announce();
    expect((await send(id, pieces)).status).toBe(202);
    expect(await ended(id)).toMatchObject({ state: 'done', percent: 100, rows: 2_000, created: 2_000, rejected: 0 });
  }, 60_000);

  it('accounts for every line of a file with stray quotes', async () => {
    const view = await run(
      csv(
        good(51),
        'K52,投诉,"bad" quote,2020-05-01 10:00:00,',
        'K53,投诉,a "good" quote,2020-05-01 10:00:00,2020-05-20 10:00:00',
        'K54,投诉,"never closed,2020-05-01 10:00:00,',
        good(55),
        'K56,投诉,"two\nlines",2020-05-01 10:00:00,2020-05-20 10:00:00',
        '',
        'K57,投诉,"断网,2020-05-01 10:00:00,2020-05-20 10:00:00',
        good(58),
        'K59,投诉,停机",2020-05-01 10:00:00,2020-05-20 10:00:00',
      ),
    );
    expect(view).toMatchObject({ state: 'done', rows: 7, created: 4, rejected: 3, merged: 3, sourceLines: 10 });
    const rows = (await rowsOf(view.id)) as unknown as { line: number; lastLine: number; outcome: string }[];
    expect(rows.map((r) => [r.line, r.lastLine, r.outcome])).toEqual([
      [2, 2, 'created'],
      [3, 3, 'rejected'],
      [4, 4, 'created'],
      [5, 5, 'rejected'],
      [6, 6, 'created'],
      [7, 8, 'created'],
      [10, 12, 'rejected'],
    ]);
  });

  it('fails when a row is not accounted for', async () => {
    const { database } = s.running.app;
    await database.run(
      `create function lose() returns trigger language plpgsql as $$ begin if new.external_key = 'K592' then return null; end if; return new; end $$`,
    );
    await database.run('create trigger lose before insert on import_results for each row execute function lose()');
    const view = await run(csv(good(591), good(592), good(593)));
    await database.run('drop function lose cascade');
    expect(view).toMatchObject({ state: 'failed', created: 3, error: expect.stringContaining('3 rows were read, and the results have 2') });
  });

  it.each([
    ['another delimiter', csv(good(61)).replaceAll(',', ';'), 'intake', '编号'],
    ['a column twice', `${HEADER},标题\n${good(62)},x`, 'intake', 'twice'],
    ['an encoding nobody could read', Buffer.from(csv(good(63)), 'utf16le'), 'intake', '编号'],
  ])('fails a file with %s and says why', async (_, file: string | Buffer, __, why) => {
    expect(await run(file)).toMatchObject({ state: 'failed', created: 0, error: expect.stringContaining(why) });
  });

  it('does nothing with an empty file, and with one that has only a header', async () => {
    for (const file of ['', HEADER]) expect(await run(file)).toMatchObject({ state: 'done', percent: 100, rows: 0, created: 0 });
  });

  it('rejects what no ticket can hold, and goes on', async () => {
    const mapping = {
      ...MAPPING,
      fields: { ...MAPPING.fields, 'place.address': { column: '办结时间' }, 'history.closedAt': { const: '2020-05-20 10:00:00' } },
    };
    const row = (n: number, title: string, address = '') => `K${n},投诉,${title},2020-05-01 10:00:00,${address}`;
    const view = await run(
      csv(
        row(71, 'NUL \u0000'),
        row(72, 'bytes \uFFFD'),
        row(73, '', 'x'),
        row(74, 'address', 'x'.repeat(501)),
        'K\u000075,投诉,key,2020-05-01 10:00:00,',
        row(76, `${'长'.repeat(299)}😀 is cut`),
        row(77, "=cmd|' /C calc'!A0"),
      ),
      mapping,
    );
    expect((await rowsOf(view.id)).map((r) => r.outcome)).toEqual([
      'rejected',
      'rejected',
      'rejected',
      'rejected',
      'rejected',
      'created',
      'created',
    ]);
    expect(view.state).toBe('done');
  });

  it.each([
    ['invisible characters for a title', '\u200b\u3164\u2800\u00ad', '标题'],
    ['a title that shows another order of characters', 'left \u202e right', '标题'],
    ['an escape sequence', 'red \u001b[31m', '标题'],
    ['a line separator of another kind in an address', 'a\u2028b', '办结时间'],
  ])('rejects a row with a text that the API refuses: %s', async (_, text, column) => {
    const fields = { ...MAPPING.fields, 'place.address': { column: '办结时间' }, 'history.closedAt': { const: '2020-05-20 10:00:00' } };
    const cells = column === '标题' ? `${text},2020-05-01 10:00:00,` : `x,2020-05-01 10:00:00,${text}`;
    const view = await run(csv(`K78,投诉,${cells}`, good(79, '可见')), { ...MAPPING, source: 'texts', fields });
    expect(view).toMatchObject({ state: 'done', rejected: 1 });
    expect((await rowsOf(view.id))[0]?.notes).toMatchObject([{ pointer: column }]);
    const body = column === '标题' ? aTicket({ title: text }) : aTicket({ place: { address: text } });
    expect((await s.call('POST', '/v1/tickets', { body })).status).toBe(400);
  });

  it('counts registered tickets and open imports in its metrics', async () => {
    const metric = async (name: string): Promise<number> => {
      const { text } = await s.call('GET', '/metrics', { as: null });
      return Number(new RegExp(`^${name.replace(/[{}]/g, '\\$&').replace('}', ',service="intake"}')} (\\d+)$`, 'm').exec(text)?.[1]);
    };
    const imported = await metric('gongdan_tickets_registered_total{by="import"}');
    const waiting = await metric('gongdan_imports_open{state="waiting"}');
    await s.call('POST', '/v1/tickets', { body: aTicket() });
    expect(await metric('gongdan_tickets_registered_total{by="api"}')).toBeGreaterThan(0);
    await run(csv(good(781), good(782), good(782)), { ...MAPPING, source: 'metrics' });
    expect((await metric('gongdan_tickets_registered_total{by="import"}')) - imported).toBe(2);
    await announce();
    expect((await metric('gongdan_imports_open{state="waiting"}')) - waiting).toBe(1);
    expect(await metric('gongdan_imports_open{state="running"}')).toBe(0);
  });

  it('rejects only the row with a date that is none', async () => {
    const us = {
      ...MAPPING,
      zone: 'America/New_York',
      dateFormat: 'MM/DD/YYYY hh:mm:ss A',
      fields: { ...MAPPING.fields, 'history.dueAt': { column: '办结时间' } },
    };
    delete (us.fields as Record<string, unknown>)['history.closedAt'];
    const view = await run(
      csv(
        'K701,投诉,never due,03/14/2017 12:00:00 AM,12/31/9999 11:59:59 PM',
        'K702,投诉,due,03/14/2017 12:00:00 AM,03/15/2017 12:00:00 AM',
      ),
      us,
    );
    expect(view).toMatchObject({ state: 'done', created: 1, rejected: 1 });
    expect((await rowsOf(view.id))[0]?.notes).toEqual([
      { pointer: '办结时间', detail: `'12/31/9999 11:59:59 PM' is not a date of the form ${us.dateFormat} before the year 2101` },
    ]);
    // Still 2100 in UTC, but not in the zone of the pack, whose year the number shows.
    const late = await run(csv('K703,投诉,x,2100-12-31 23:30:00,2100-12-31 23:30:00', good(704)), { ...MAPPING, zone: 'UTC' });
    expect(late).toMatchObject({ state: 'done', created: 2 });
  });

  it('rejects a row no event can hold with the reason, and spends no number on it', async () => {
    const { nest, database } = s.running.app;
    const { id, release } = await parked(csv(good(1)), 'gapless');
    await database.run('update import_jobs set owner = $2::uuid where id = $1::uuid', [id, ME]);
    const job = await nest.get(ImportsStore).get(database, 'gapless', id);
    // Nothing in a file or a mapping comes so far; a pack that lets numbers grow beyond those of an event does.
    const long = {
      ...gapFree,
      intake: { ...gapFree.intake, numbering: { format: `${'N'.repeat(52)}{seq:12}`, scope: [], gapFree: true } },
    };
    const counters = () => database.rows(`select * from number_counters where org = 'gapless' order by series`);
    const before = await counters();
    expect(
      await database.transaction((tx) =>
        nest.get(ImportRows).run(tx, job, ME, long, {
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

  it('names the same ticket for a key that stands twice in the file', async () => {
    const view = await run(csv(good(81), good(81), good(81, 'other content')));
    expect(view).toMatchObject({ created: 1, unchanged: 1, changed: 1 });
    const rows = (await rowsOf(view.id)) as unknown as { number: string; ticketId: string }[];
    expect(rows[0]?.number).toMatch(/^GD/);
    expect(new Set(rows.map((r) => `${r.number} ${r.ticketId}`)).size).toBe(1);
  });

  it('takes one file per import', async () => {
    const id = await announce();
    expect((await send(id, csv(good(91)))).status).toBe(202);
    expect((await send(id, csv(good(92)))).body).toMatchObject({ status: 409, code: 'intake/file-already-here' });
    expect(await ended(id)).toMatchObject({ rows: 1 });
    expect((await send(id, csv(good(92)))).status).toBe(409);
  });

  it('takes one upload at a time, and another one after it broke off', async () => {
    const id = await announce();
    let sending!: ReadableStreamDefaultController<Uint8Array>;
    const slow = new ReadableStream<Uint8Array>({
      start(controller) {
        sending = controller;
        controller.enqueue(Buffer.from(`${HEADER}\n`));
      },
    });
    const first = send(id, slow).catch(() => undefined);
    await eventually(async () =>
      expect(
        (await s.running.app.database.one<{ owner: string | null }>('select owner from import_jobs where id = $1::uuid', [id]))?.owner,
      ).not.toBeNull(),
    );
    for (const file of ['x', csv(good(96))])
      expect((await send(id, file)).body).toMatchObject({ status: 409, code: 'intake/upload-in-progress' });
    sending.error(new Error('the connection broke'));
    await first;
    await eventually(async () => expect((await send(id, csv(good(97)))).status).toBe(202));
    expect(await ended(id)).toMatchObject({ state: 'done', rows: 1, created: 1 });
  }, 60_000);

  it('takes another upload when the one before has been silent', async () => {
    const id = await announce();
    const { database } = s.running.app;
    // The process that received it was killed.
    await database.run(
      `update import_jobs set owner = gen_random_uuid(), upload_until = clock_timestamp() + interval '30 seconds' where id = $1::uuid`,
      [id],
    );
    expect((await send(id, csv(good(98)))).status).toBe(409);
    await database.run(`update import_jobs set upload_until = clock_timestamp() - interval '1 second' where id = $1::uuid`, [id]);
    expect((await send(id, csv(good(98)))).status).toBe(202);
    expect(await ended(id)).toMatchObject({ created: 1 });
  });

  it('refuses a file beyond the limit, and takes a smaller one afterwards', async () => {
    const small = await startIntake({}, { database: s.database, bus: s.bus, env: { IMPORT_MAX_MB: '1' } });
    const id = await announce();
    const put = (file: string) =>
      small.call('PUT', `/v1/imports/${id}/file`, { raw: Buffer.from(file), headers: { 'content-type': 'text/csv' } });
    expect((await put(csv(good(93, 'x'.repeat(1_200_000))))).body).toMatchObject({
      status: 422,
      code: 'intake/file-too-large',
      mostBytes: 1_048_576,
    });
    expect((await put(csv(good(93)))).status).toBe(202);
    await small.close();
    expect(await ended(id)).toMatchObject({ created: 1 });
  });

  it('is unknown to another organisation', async () => {
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

  const real = fileURLToPath(new URL('../../../../../shared/data/baltimore-311.csv', import.meta.url));
  (existsSync(real) ? it : it.skip)('finds every row of the city file readable', async () => {
    const { loadMapping } = await import('@gongdan/packs/files');
    const { readRow } = await import('../src/domain/import-row.js');
    const { parse } = await import('csv-parse/sync');
    const mapping = loadMapping(join(packFolder('city-311'), 'mapping.json'));
    const rows = parse(readFileSync(real), { columns: true, bom: true }) as Record<string, string>[];
    const readings = rows.map((r) => readRow(r, mapping));
    expect(readings.filter((r) => !r.ok)).toEqual([]);
  });
});
