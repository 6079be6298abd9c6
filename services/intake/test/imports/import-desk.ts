import { expect } from '@jest/globals';
import { type TestService } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import excel from 'exceljs';
import { ImportsJob } from '../../src/entry/imports/imports.job.js';

export const MAPPING = {
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
export const HEADER = '编号,类型,标题,受理时间,办结时间';
export const csv = (...rows: string[]) => [HEADER, ...rows].join('\n');
export const cellsOf = (row: string) => Object.fromEntries(HEADER.split(',').map((name, i) => [name, row.split(',')[i] ?? '']));
export async function workbook(rows: (string | Date)[][]): Promise<Buffer> {
  const book = new excel.Workbook();
  const sheet = book.addWorksheet('工单');
  sheet.addRow(HEADER.split(','));
  sheet.addRows(rows);
  return Buffer.from(await book.xlsx.writeBuffer());
}
/** Id of a worker that the test plays itself. */
export const ME = '01890a5d-ac96-774b-bcce-b302099a8057';
export const good = (n: number, title = `工单${n}`) => `K${n},投诉,${title},2020-05-0${(n % 9) + 1} 10:00:00,2020-05-20 10:00:00`;

export interface View {
  id: string;
  state: string;
  percent: number;
  rows: number;
  created: number;
  unchanged: number;
  changed: number;
  rejected: number;
  noted: number;
  merged: number;
  sourceLines: number | null;
  error: string | null;
}
export const many = (from: number, n: number, more = ''): string[] =>
  Array.from({ length: n }, (_, i) => good(from + i, `工单${from + i}${more}`));

/** What tests of imports do through the API of intake. */
export function importDesk(s: () => TestService) {
  const announce = async (mapping: object = MAPPING, org = 'acme', pack = 'starter'): Promise<string> =>
    String((await s().call('POST', '/v1/imports', { as: { org }, body: { pack, mapping } })).body['id']);
  const send = (id: string, file: Buffer | string | ReadableStream, org = 'acme', type = 'text/csv') =>
    s().call('PUT', `/v1/imports/${id}/file`, {
      as: { org },
      raw: file instanceof ReadableStream ? file : Buffer.from(file),
      headers: { 'content-type': type },
    });
  const ended = (id: string, org = 'acme'): Promise<View> =>
    eventually(async () => {
      const view = (await s().call('GET', `/v1/imports/${id}`, { as: { org } })).body as unknown as View;
      expect(['done', 'failed']).toContain(view.state);
      return view;
    }, 25_000);

  async function run(file: Buffer | string, mapping: object = MAPPING, type = 'text/csv', org = 'acme', pack = 'starter'): Promise<View> {
    const id = await announce(mapping, org, pack);
    expect((await send(id, file, org, type)).status).toBe(202);
    return ended(id, org);
  }
  const rowsOf = async (id: string, org = 'acme') =>
    (await s().call('GET', `/v1/imports/${id}/rows`, { as: { org } })).body['items'] as {
      row: number;
      outcome: string;
      notes: { pointer: string; detail: string }[] | null;
    }[];

  /** A job with its file in the database that no worker can claim before `release`. */
  async function held(
    file: Buffer | string,
    org = 'acme',
    mapping: object = MAPPING,
  ): Promise<{ id: string; release: () => Promise<void> }> {
    const id = await announce(mapping, org);
    const { database } = s().running.app;
    await database.run(`update import_jobs set lease_until = clock_timestamp() + interval '1 hour' where id = $1::uuid`, [id]);
    expect((await send(id, file, org)).status).toBe(202);
    const release = async (): Promise<void> => {
      await database.run(`update import_jobs set lease_until = '-infinity' where id = $1::uuid`, [id]);
      s().running.app.nest.get(ImportsJob).nudge();
    };
    return { id, release };
  }

  return { announce, send, ended, run, rowsOf, held };
}
