import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dispatch } from '@gongdan/contracts';
import { idOf } from '@gongdan/kernel';
import { TestService } from '@gongdan/messaging/testing';
import { loadPack, packFolder } from '@gongdan/packs/files';
import { eventually } from '@gongdan/testing';
import excel from 'exceljs';
import iconv from 'iconv-lite';
import { intake } from '../src/intake.module.js';

const AT = '2026-03-02T01:00:00.000Z';
const MAPPING = {
  source: 'old-desk',
  format: 'csv',
  zone: 'Asia/Shanghai',
  dateFormat: 'YYYY-MM-DD HH:mm:ss',
  externalKey: '编号',
  fields: {
    type: { column: '类型', map: { 投诉: 'complaint', 咨询: 'consultation' } },
    category: { const: 'network' },
    channel: { const: 'phone' },
    title: { column: '标题' },
    registeredAt: { column: '受理时间' },
    'history.closedAt': { column: '办结时间' },
    'contact.phone': { const: '13800000000' },
  },
};
const HEADER = '编号,类型,标题,受理时间,办结时间';
const csv = (...rows: string[]) => [HEADER, ...rows].join('\n');
const good = (n: number, title = `工单${n}`) => `K${n},投诉,${title},2020-05-0${(n % 9) + 1} 10:00:00,2020-05-20 10:00:00`;

interface View {
  id: string;
  state: string;
  percent: number;
  rows: number;
  created: number;
  unchanged: number;
  changed: number;
  rejected: number;
  noted: number;
  error: string | null;
}

describe('imports', () => {
  let s: TestService;
  beforeAll(async () => {
    s = await TestService.start(intake);
    const pack = loadPack(packFolder('starter'));
    await s.hear(dispatch.PackPublished.of({ org: 'acme', ticketId: idOf('acme', 'starter'), occurredAt: AT, data: { key: 'starter', version: pack.pack.version, digest: 'x', pack: pack as never } }));
    await eventually(async () => expect((await s.call('POST', '/v1/imports', { body: { pack: 'starter', mapping: MAPPING } })).status).toBe(201));
  });
  afterAll(() => s.close());

  async function run(file: Buffer | string, mapping: object = MAPPING, type = 'text/csv'): Promise<View> {
    const made = await s.call('POST', '/v1/imports', { body: { pack: 'starter', mapping } });
    const id = String(made.body['id']);
    const put = await s.call('PUT', `/v1/imports/${id}/file`, { raw: Buffer.from(file), headers: { 'content-type': type } });
    expect(put.status).toBe(202);
    return eventually(async () => {
      const view = (await s.call('GET', `/v1/imports/${id}`)).body as unknown as View;
      expect(['done', 'failed']).toContain(view.state);
      return view;
    });
  }
  const rowsOf = async (id: string) => (await s.call('GET', `/v1/imports/${id}/rows`)).body['items'] as { row: number; outcome: string; notes: { pointer: string; detail: string }[] | null }[];

  it('keeps the original instants and tells the stream', async () => {
    const view = await run(csv(good(1), good(2)));
    expect(view).toMatchObject({ state: 'done', percent: 100, rows: 2, created: 2, rejected: 0 });
    const list = await s.call('GET', '/v1/tickets?to=2020-12-31T00:00:00Z');
    expect((list.body['items'] as { registeredAt: string }[]).map((t) => t.registeredAt).sort()).toEqual(['2020-05-02T02:00:00.000Z', '2020-05-03T02:00:00.000Z']);
    await eventually(() => expect(s.said().filter((e) => (e.data as { externalKey?: string }).externalKey === 'K1')).toHaveLength(1));
    expect(s.said().find((e) => (e.data as { externalKey?: string }).externalKey === 'K1')).toMatchObject({
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
    expect(rows.map((r) => r.outcome)).toEqual(['created', 'rejected', 'rejected', 'rejected', 'rejected', 'rejected', 'rejected', 'created', 'created']);
    expect(rows[1]?.notes).toEqual([{ pointer: '受理时间', detail: 'has no date' }]);
    expect(rows[3]?.notes?.[0]).toMatchObject({ pointer: '类型' });
    expect(rows[7]?.notes).toEqual([{ pointer: '办结时间', detail: 'has no date' }]);
    const result = await s.call('GET', `/v1/imports/${view.id}/result.csv`);
    expect(result.text.trim().split('\n')).toHaveLength(10);
  });

  it('reads GBK, a byte order mark, and XLSX', async () => {
    expect(await run(iconv.encode(csv(good(31)), 'gbk'))).toMatchObject({ created: 1, rejected: 0 });
    expect(await run(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(csv(good(32)))]))).toMatchObject({ created: 1 });
    const book = new excel.Workbook();
    const sheet = book.addWorksheet('工单');
    for (const line of csv(good(33), good(34)).split('\n')) sheet.addRow(line.split(','));
    const xlsx = Buffer.from(await book.xlsx.writeBuffer());
    expect(await run(xlsx, { ...MAPPING, format: 'xlsx', sheet: '工单' }, 'application/octet-stream')).toMatchObject({ state: 'done', created: 2, rejected: 0 });
  });

  it('fails a file without the mapped columns, a file that is no XLSX, and a mapping that is none', async () => {
    expect(await run('a,b\n1,2')).toMatchObject({ state: 'failed', created: 0, error: expect.stringContaining('编号') });
    expect(await run(Buffer.from('not a zip'), { ...MAPPING, format: 'xlsx' }, 'application/octet-stream')).toMatchObject({ state: 'failed' });
    const bad = await s.call('POST', '/v1/imports', { body: { pack: 'starter', mapping: { ...MAPPING, fields: { nonsense: { const: 1 } } } } });
    expect(bad.body).toMatchObject({ status: 400, code: 'packs/invalid-mapping' });
  });

  it('goes on where a dead worker stopped', async () => {
    const made = await s.call('POST', '/v1/imports', { body: { pack: 'starter', mapping: MAPPING } });
    const id = String(made.body['id']);
    const { database } = s.running.app;
    // A worker that died after its first batch: claim run out, 2 of 5 rows done.
    await run(csv(good(41), good(42)));
    await database.run(`update import_jobs set owner = gen_random_uuid(), lease_until = clock_timestamp() + interval '1 hour', state = 'running', rows_done = 2, created = 2 where id = $1::uuid`, [id]);
    await database.run('insert into import_chunks (org, job, n, bytes) values ($1, $2::uuid, 0, $3)', ['acme', id, Buffer.from(csv(good(41), good(42), good(43), good(44), good(45)))]);
    await database.run(`update import_jobs set lease_until = '-infinity' where id = $1::uuid`, [id]);
    await eventually(async () => expect((await s.call('GET', `/v1/imports/${id}`)).body).toMatchObject({ state: 'done', rows: 5, created: 5, unchanged: 0 }));
  });

  const real = join(process.cwd(), '../../../shared/data/baltimore-311.csv');
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
