import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { parseMapping } from '@gongdan/packs';
import excel from 'exceljs';
import iconv from 'iconv-lite';
import { encodingOf, fileRows } from './file-rows.js';
import { type FileRow } from './import-rows.js';

const fields = {
  type: { const: 'complaint' },
  category: { const: 'network' },
  channel: { const: 'phone' },
  title: { column: 'title' },
  registeredAt: { column: 'at' },
};
const mapping = (more: object = {}) =>
  parseMapping({ source: 'old', format: 'csv', zone: 'UTC', dateFormat: 'iso', externalKey: 'key', fields, ...more });

async function* pieces(file: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < file.length; at += size) yield file.subarray(at, at + size);
}
async function rowsOf(file: Buffer | string, size = 64, more: object = {}): Promise<FileRow[]> {
  return all(fileRows(pieces(Buffer.from(file), size), mapping(more)));
}
async function all(rows: AsyncIterable<FileRow>): Promise<FileRow[]> {
  const seen: FileRow[] = [];
  for await (const row of rows) seen.push(row);
  return seen;
}

async function workbook(rows: number, useSharedStrings = true, title = (i: number) => `${i} ${Math.sin(i)}`): Promise<Buffer> {
  const file = new PassThrough();
  const book = new excel.stream.xlsx.WorkbookWriter({ stream: file, useSharedStrings });
  const sheet = book.addWorksheet('1');
  sheet.addRow(['key', 'title', 'at']).commit();
  for (let i = 0; i < rows; i++) sheet.addRow([`K${i}`, title(i), 'x']).commit();
  const [bytes] = await Promise.all([buffer(file), book.commit()]);
  return bytes;
}

describe('rows of a file', () => {
  const file =
    'key,title,at\n1,没有信号,x\n\n2,too,many,cells\n3,"two\nlines, one cell",x\n4,stray "quote" here,x\n5,"a ""quoted"" word",x\n6,x\n7,"never closed,x\n8,x,x';

  it.each([1, 2, 3, 7, 64, 10_000])('are the same whatever the pieces (%i bytes): resuming counts on it', async (size) => {
    const rows = await rowsOf(file, size);
    expect(rows.map((r) => [r.row, r.cells?.['title'] ?? r.broken])).toEqual([
      [1, '没有信号'],
      [2, 'has 4 cells, the header 3'],
      [3, 'two\nlines, one cell'],
      [4, 'stray "quote" here'],
      [5, 'a "quoted" word'],
      [6, 'has 2 cells, the header 3'],
      [7, 'opens a quote that is never closed; the rows behind it are lost in it'],
    ]);
    expect(rows.map((r) => r.line)).toEqual([2, 4, 6, 7, 8, 9, 10]);
  });

  it('are counted by the lines an editor shows, with line ends of Windows too', async () => {
    expect((await rowsOf('key,title,at\r\n1,x,x\r\n2,x,x\r\n')).map((r) => [r.line, r.cells?.['at']])).toEqual([[2, 'x'], [3, 'x']]); // prettier-ignore
  });

  it.each(['gbk', 'gb18030', 'utf-16le', 'utf-8'])('are read in %s, whatever cuts a character', async (encoding) => {
    const bytes = iconv.encode('key,title,at\n1,断网投诉,x', encoding, { addBOM: encoding.startsWith('utf') });
    for (const size of [1, 5, 1_000]) expect((await rowsOf(bytes, size)).map((r) => r.cells?.['title'])).toEqual(['断网投诉']);
  });

  it('are taken for UTF-8 although the sample ends inside a character', () => {
    const bytes = Buffer.from('断网'.repeat(10));
    for (const end of [60, 59, 58]) expect(encodingOf(bytes.subarray(0, end), 'auto')).toBe('utf-8');
    expect(encodingOf(iconv.encode('断网', 'gbk'), 'auto')).toBe('gb18030');
    expect(encodingOf(bytes, 'windows-1252')).toBe('windows-1252');
  });

  it.each([
    ['lacks a column', 'key,title\n1,x', {}, 'intake/columns-missing'],
    ['has a mapped column twice', 'key,title,at,at\n1,x,x,x', {}, 'intake/columns-twice'],
    ['is no XLSX', 'key,title,at\n1,x,x', { format: 'xlsx' }, 'intake/unreadable-file'],
  ])('end when the file %s', async (_, text, more, code) => {
    await expect(rowsOf(text, 64, more)).rejects.toMatchObject({ kind: 'invalid', code });
  });

  it.each([true, false])(
    'of an XLSX that was cut off end with its mistake, wherever it was cut, however slowly it comes (shared strings: %s)',
    async (shared) => {
      const bytes = await workbook(2_000, shared);
      expect(await rowsOf(bytes, 4_096, { format: 'xlsx' })).toHaveLength(2_000);
      const slowly = async function* (end: number) {
        for await (const piece of pieces(bytes.subarray(0, end), 4_096)) {
          yield piece;
          await setTimeout(2);
        }
      };
      for (const part of [0.01, 0.3, 0.6, 0.93, 0.95, 0.99]) {
        await expect(rowsOf(bytes.subarray(0, bytes.length * part), 4_096, { format: 'xlsx' })).rejects.toMatchObject({ kind: 'invalid' });
        await expect(all(fileRows(slowly(bytes.length * part), mapping({ format: 'xlsx' })))).rejects.toMatchObject({ kind: 'invalid' });
      }
    },
  );

  it.each([true, false])('of an XLSX keep every character, wherever its XML is cut (shared strings: %s)', async (shared) => {
    const title = (i: number) => `${'长'.repeat(i % 40)}断网投诉😀${i}`;
    const rows = await rowsOf(await workbook(3_000, shared, title), 4_096, { format: 'xlsx' });
    expect(rows.map((r) => r.cells?.['title'])).toEqual(Array.from({ length: 3_000 }, (_, i) => title(i)));
  });

  it('pass on what the source throws: a lost database is no mistake of the file', async () => {
    const lost = new Error('Connection terminated unexpectedly');
    const whole = { csv: Buffer.from('key,title,at\n1,x,x\n'.padEnd(100_000, ' ')), xlsx: await workbook(2_000) };
    for (const [format, bytes] of Object.entries(whole)) {
      const source = async function* (): AsyncGenerator<Buffer> {
        yield* pieces(bytes.subarray(0, bytes.length / 2), 4_096);
        throw lost;
      };
      await expect(all(fileRows(source(), mapping({ format })))).rejects.toBe(lost);
    }
  });
});
