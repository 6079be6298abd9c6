import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestService } from '@gongdan/messaging/testing';
import { packFolder } from '@gongdan/packs/files';
import { eventually } from '@gongdan/testing';
import iconv from 'iconv-lite';
import { csv, good, HEADER, many, MAPPING, workbook, importDesk } from './import-desk.js';
import { aTicket, startIntake, starter } from '../intake-service.js';

describe('a file of an import', () => {
  let s: TestService;
  beforeAll(async () => {
    s = await startIntake({ acme: starter });
  });
  afterAll(() => s.close());
  const { announce, send, ended, run, rowsOf } = importDesk(() => s);

  it('creates the valid rows of a broken file and reports what is wrong with the others', async () => {
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

  it('a file is read in GBK, with a byte order mark, and as XLSX', async () => {
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
      const [a = '', b = '', invalid = ''] = keys;
      const file = await workbook([[a, '投诉', 'x', wall('2026-03-02T09:00:00'), wall('2026-03-03T00:00:00')], [b, '投诉', 'x', wall('1990-07-01T12:00:00.250'), ''], [invalid, '投诉', 'x', new Date(NaN), '']]); // prettier-ignore
      const view = await run(file, { ...MAPPING, format: 'xlsx', dateFormat }, 'application/octet-stream');
      expect((await rowsOf(view.id)).map((r) => r.outcome)).toEqual(['created', 'created', 'rejected']);
      const events = await eventually(() => {
        const found = keys.map((key) => s.emitted().find((e) => (e.data as { externalKey?: string }).externalKey === key));
        expect(found.filter((e) => e !== undefined)).toHaveLength(2);
        return found;
      });
      expect(events[0]).toMatchObject({
        occurredAt: '2026-03-02T01:00:00.000Z',
        data: { history: { closedAt: '2026-03-02T16:00:00.000Z' } },
      });
      expect(events[1]).toMatchObject({ occurredAt: '1990-07-01T03:00:00.250Z' });
    },
  );

  it('fails without the mapped columns, and when it is not an XLSX; an invalid mapping is refused', async () => {
    expect(await run('a,b\n1,2')).toMatchObject({ state: 'failed', created: 0, error: expect.stringContaining('编号') });
    expect(await run(Buffer.from('not a zip'), { ...MAPPING, format: 'xlsx' }, 'application/octet-stream')).toMatchObject({
      state: 'failed',
    });
    const bad = await s.call('POST', '/v1/imports', {
      body: { pack: 'starter', mapping: { ...MAPPING, fields: { nonsense: { const: 1 } } } },
    });
    expect(bad.body).toMatchObject({ status: 400, code: 'packs/invalid-mapping' });
  });

  it('a file is read when it has 3 MB and comes in small pieces', async () => {
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
    ['an encoding that cannot be read', Buffer.from(csv(good(63)), 'utf16le'), 'intake', '编号'],
  ])('fails with the reason when it has %s', async (_, file: string | Buffer, __, why) => {
    expect(await run(file)).toMatchObject({ state: 'failed', created: 0, error: expect.stringContaining(why) });
  });

  it('a file is done at once when it is empty or has only a header', async () => {
    for (const file of ['', HEADER]) expect(await run(file)).toMatchObject({ state: 'done', percent: 100, rows: 0, created: 0 });
  });

  it('rejects rows that no ticket can hold, and continues', async () => {
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

  it('rejects only the row with an impossible date', async () => {
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

  const real = fileURLToPath(new URL('../../../../../../shared/data/baltimore-311.csv', import.meta.url));
  (existsSync(real) ? it : it.skip)('finds every row of the city file readable', async () => {
    const { loadMapping } = await import('@gongdan/packs/files');
    const { readRow } = await import('../../src/domain/imports/import-row.js');
    const { parse } = await import('csv-parse/sync');
    const mapping = loadMapping(join(packFolder('city-311'), 'mapping.json'));
    const rows = parse(readFileSync(real), { columns: true, bom: true }) as Record<string, string>[];
    const readings = rows.map((r) => readRow(r, mapping));
    expect(readings.filter((r) => !r.ok)).toEqual([]);
  });
});
