import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { parseMapping } from '@gongdan/packs';
import excel from 'exceljs';
import iconv from 'iconv-lite';
import { type FileRow, newTally } from '../domain/imports/file-row.js';
import { encodingOf } from './decode.js';
import { fileRows } from './file-rows.js';

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
    'key,title,at\n1,没有信号,x\n\n2,too,many,cells\n3,"two\nlines, one cell",x\n4,stray "quote" here,x\n5,"a ""quoted"" word",x\n6,x\n7,"never closed,x\n8,good,x';

  it.each([1, 2, 3, 7, 64, 10_000])(
    'rows are the same when the file comes in pieces of %i bytes, which resuming relies on',
    async (size) => {
      const rows = await rowsOf(file, size);
      expect(rows.map((r) => [r.row, r.cells?.['title'] ?? r.broken])).toEqual([
        [1, '没有信号'],
        [2, 'has 4 cells, the header 3'],
        [3, 'two\nlines, one cell'],
        [4, 'stray "quote" here'],
        [5, 'a "quoted" word'],
        [6, 'has 2 cells, the header 3'],
        [7, 'opens a quote that is never closed'],
        [8, 'good'],
      ]);
      expect(rows.map((r) => [r.line, r.lastLine])).toEqual([[2, 2], [4, 4], [5, 6], [7, 7], [8, 8], [9, 9], [10, 10], [11, 11]]); // prettier-ignore
    },
  );

  it('a stray quote loses no line: the lines after it are rows, or rejected with their numbers', async () => {
    const shown = async (text: string) =>
      (await rowsOf(`key,title,at\n${text}`)).map((r) => [r.line, r.lastLine, r.cells?.['key'] ?? r.broken]);
    expect(await shown('q1,"断网,2020-05-01\nq2,慢,2020-05-01\nq3,"停机",2020-05-01')).toEqual([
      [2, 2, 'opens a quote and has text behind the quote that closes it'],
      [3, 3, 'q2'],
      [4, 4, 'q3'],
    ]);
    const merged = expect.stringContaining('lines 2 to 4 are one row because of their quotes');
    expect(await shown('q1,"断网,2020-05-01\nq2,慢,2020-05-01\nq3,停机",2020-05-01')).toEqual([[2, 4, merged]]);
    expect(await shown('q1,"断网,2020-05-01\nq2,停机",2020-05-01')).toEqual([[2, 3, expect.stringContaining('lines 2 to 3')]]);
    expect(await shown('q1,"断网,也慢\n第二行,还是慢,是的\n完",2020-05-01')).toEqual([[2, 4, 'q1']]);
  });

  it('rows account for every line of the file', async () => {
    const tally = newTally();
    const rows = await all(fileRows(pieces(Buffer.from(`\n${file}\n\n`), 5), mapping(), tally));
    expect(tally).toEqual({ lines: 13, headerLines: 1, blankLines: 3 });
    expect(rows.reduce((sum, r) => sum + r.lastLine - r.line + 1, 0)).toBe(9);
  });

  it('rows have the line numbers that an editor shows, with line ends of Windows too', async () => {
    expect((await rowsOf('key,title,at\r\n1,x,x\r\n2,x,x\r\n')).map((r) => [r.line, r.cells?.['at']])).toEqual([[2, 'x'], [3, 'x']]); // prettier-ignore
  });

  it.each(['gbk', 'gb18030', 'utf-16le', 'utf-8'])('rows are read in %s although pieces cut characters', async (encoding) => {
    const bytes = iconv.encode('key,title,at\n1,断网投诉,x', encoding, { addBOM: encoding.startsWith('utf') });
    for (const size of [1, 5, 1_000]) expect((await rowsOf(bytes, size)).map((r) => r.cells?.['title'])).toEqual(['断网投诉']);
  });

  it('rows are read as UTF-8 although the sample ends inside a character', () => {
    const bytes = Buffer.from('断网'.repeat(10));
    for (const end of [60, 59, 58]) expect(encodingOf(bytes.subarray(0, end), 'auto')).toBe('utf-8');
    expect(encodingOf(iconv.encode('断网', 'gbk'), 'auto')).toBe('gb18030');
    expect(encodingOf(bytes, 'windows-1252')).toBe('windows-1252');
  });

  it.each([
    ['lacks a column', 'key,title\n1,x', {}, 'intake/columns-missing'],
    ['has a mapped column twice', 'key,title,at,at\n1,x,x,x', {}, 'intake/columns-twice'],
    ['has a header that opens a quote', '"key,title,at\n1,x,x', {}, 'intake/unreadable-file'],
    ['is no XLSX', 'key,title,at\n1,x,x', { format: 'xlsx' }, 'intake/unreadable-file'],
  ])('reading ends with the reason when the file %s', async (_, text, more, code) => {
    await expect(rowsOf(text, 64, more)).rejects.toMatchObject({ kind: 'invalid', code });
  });

  it.each([true, false])(
    'end with the reason when an XLSX was cut off, wherever it was cut and however slowly it comes (shared strings: %s)',
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

  it.each([true, false])('rows keep every character of an XLSX, wherever its XML is cut (shared strings: %s)', async (shared) => {
    const title = (i: number) => `${'长'.repeat(i % 40)}断网投诉😀${i}`;
    const rows = await rowsOf(await workbook(3_000, shared, title), 4_096, { format: 'xlsx' });
    expect(rows.map((r) => r.cells?.['title'])).toEqual(Array.from({ length: 3_000 }, (_, i) => title(i)));
  });

  it('reading throws the error of the source unchanged, because a lost database is not a mistake of the file', async () => {
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
