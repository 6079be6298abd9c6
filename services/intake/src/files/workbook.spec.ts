import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { type CsvRecord } from '../domain/imports/csv.js';
import { workbookOf, type WorkbookParts, zipOf } from '@gongdan/testing';
import { newTally } from '../domain/imports/file-row.js';
import { WORKBOOK_LIMITS, type WorkbookLimits } from './workbook-limits.js';
import { isDateFormat } from './workbook-styles.js';
import { workbookRecords } from './workbook.js';

async function* pieces(file: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < file.length; at += 65_536) yield file.subarray(at, at + 65_536);
}
async function recordsOf(file: Buffer, limits: Partial<WorkbookLimits> = {}): Promise<CsvRecord[]> {
  const records: CsvRecord[] = [];
  for await (const r of workbookRecords(pieces(file), undefined, newTally(), { ...WORKBOOK_LIMITS, ...limits })) records.push(r);
  return records;
}
const cellOf = async (parts: WorkbookParts): Promise<string | undefined> => (await recordsOf(workbookOf(parts)))[0]?.cells?.[0];
const row = (cell: string): string => `<row r="1">${cell}</row>`;
const text = (si: string): WorkbookParts => ({ rows: row('<c r="A1" t="s"><v>0</v></c>'), strings: `<si>${si}</si>` });
const inline = (is: string): WorkbookParts => ({ rows: row(`<c r="A1" t="inlineStr"><is>${is}</is></c>`) });

describe('a workbook', () => {
  it.each([
    ['a plain text', text('<t>断网</t>'), '断网'],
    ['rich text', text('<r><rPr><b/></rPr><t>断</t></r><r><t xml:space="preserve"> 网</t></r>'), '断 网'],
    ['rich text behind plain text', text('<t>断</t><r><t>网</t></r>'), '断网'],
    ['furigana', text('<t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh><phoneticPr fontId="1"/>'), '東京'],
    ['CDATA', text('<t><![CDATA[a < b]]></t>'), 'a < b'],
    ['an escaped character', text('<t>a_x000D_b_x0041_</t>'), 'a\rbA'],
    ['an entity, once', text('<t>&amp;lt;</t>'), '&lt;'],
    ['rich text inside the cell', inline('<r><t>断</t></r><r><t>网</t></r>'), '断网'],
    ['furigana inside the cell', inline('<t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh>'), '東京'],
    ['an entity inside the cell, once', inline('<t>&amp;lt;</t>'), '&lt;'],
    ['a cell of type date', { rows: row('<c r="A1" t="d"><v>2020-05-02T10:00:00</v></c>') }, '2020-05-02T10:00:00.000'],
    ['a date without a time', { rows: row('<c r="A1" t="d"><v>2020-05-02</v></c>') }, '2020-05-02T00:00:00.000'],
    ['a date with an offset, as it is', { rows: row('<c r="A1" t="d"><v>2020-05-02T10:00:00Z</v></c>') }, '2020-05-02T10:00:00Z'],
    ['a number shown as a date', { rows: row('<c r="A1" s="1"><v>43953.5</v></c>'), styles: [0, 14] }, '2020-05-02T12:00:00.000'],
    ['the date of a formula', { rows: row('<c r="A1" s="1"><f>B1+1</f><v>43953.5</v></c>'), styles: [0, 22] }, '2020-05-02T12:00:00.000'],
    ['a date in Chinese form', { rows: row('<c r="A1" s="1"><v>43953</v></c>'), styles: [0, 31] }, '2020-05-02T00:00:00.000'],
    ['a date of an own format', { rows: row('<c r="A1" s="0"><v>43953</v></c>'), styles: [170], numFmts: '<numFmts><numFmt numFmtId="170" formatCode="yyyy&quot;年&quot;m&quot;月&quot;"/></numFmts>' }, '2020-05-02T00:00:00.000'],
    ['the first of January 1900', { rows: row('<c r="A1" s="0"><v>1</v></c>'), styles: [14] }, '1900-01-01T00:00:00.000'],
    ['the day 1900 did not have', { rows: row('<c r="A1" s="0"><v>60</v></c>'), styles: [14] }, '1900-02-29'],
    ['a time without a date, as a number', { rows: row('<c r="A1" s="0"><v>0.5</v></c>'), styles: [20] }, '0.5'],
    ['days counted from 1904 (true)', { rows: row('<c r="A1"><v>42491</v></c>'), styles: [14], workbookPr: '<workbookPr date1904="true"/>' }, '2020-05-02T00:00:00.000'],
    ['days counted from 1904 (1)', { rows: row('<c r="A1"><v>42491</v></c>'), styles: [14], workbookPr: '<workbookPr date1904="1"/>' }, '2020-05-02T00:00:00.000'],
    ['a number', { rows: row('<c r="A1"><v>13800001234</v></c>') }, '13800001234'],
    ['a number written with an exponent', { rows: row('<c r="A1"><v>1.3800001234E10</v></c>') }, '13800001234'],
    ['a yes', { rows: row('<c r="A1" t="b"><v>1</v></c>') }, 'true'],
    ['an error', { rows: row('<c r="A1" t="e"><f>1/0</f><v>#DIV/0!</v></c>') }, '#DIV/0!'],
    ['the text of a formula', { rows: row('<c r="A1" t="str"><f>A2</f><v>断网</v></c>') }, '断网'],
    ['elements with a prefix', { rows: '<x:row xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" r="1"><x:c r="A1"><x:v>7</x:v></x:c></x:row>' }, '7'],
    ['cells without addresses', { rows: '<row><c><v>7</v></c></row>' }, '7'],
  ] satisfies [string, WorkbookParts, string][])('gives %s', async (_, parts, expected) => {
    expect(await cellOf(parts)).toBe(expected);
    expect(await cellOf({ ...parts, sheetFirst: true })).toBe(expected);
  }); // prettier-ignore

  // Stored entries are all unpacked before the sheet in front of them has been spooled to its file.
  it.each([
    ['its date', { rows: row('<c r="A1" s="1"><v>43953.5</v></c>'), styles: [0, 14] }, '2020-05-02T12:00:00.000'],
    ['its text', text('<t>断网</t>'), '断网'],
    ['its days from 1904', { rows: row('<c r="A1"><v>42491</v></c>'), styles: [14], workbookPr: '<workbookPr date1904="1"/>' }, '2020-05-02T00:00:00.000'],
  ] satisfies [string, WorkbookParts, string][])('gives %s when the file has been taken in before the sheet in front is spooled', async (_, parts, expected) => {
    expect(await cellOf({ ...parts, stored: true, sheetFirst: true })).toBe(expected);
    expect(await cellOf({ ...parts, stored: true })).toBe(expected);
  }); // prettier-ignore

  it('gives rows as wide as the first, with the numbers of the sheet, without blank ones', async () => {
    const rows =
      '<row r="2"><c r="A2"><v>1</v></c><c r="C2"><v>3</v></c></row><row r="3"><c r="B3" t="str"><v> </v></c></row><row r="5"><c r="B5"><v>2</v></c></row>';
    const tally = newTally();
    const records: CsvRecord[] = [];
    for await (const r of workbookRecords(pieces(workbookOf({ rows })), undefined, tally, WORKBOOK_LIMITS)) records.push(r);
    expect(records.map((r) => [r.line, r.cells])).toEqual([[2, ['1', '', '3']], [5, ['', '2', '']]]); // prettier-ignore
    expect(tally).toMatchObject({ lines: 3, blankLines: 1 });
  });

  it.each([
    ['a text it lacks', { rows: row('<c r="A1" t="s"><v>9</v></c>') }],
    ['a cell of a type that does not exist', { rows: row('<c r="A1" t="zz"><v>1</v></c>') }],
    ['cells in no order', { rows: row('<c r="B1"><v>1</v></c><c r="A1"><v>1</v></c>') }],
    ['rows in no order', { rows: '<row r="2"/><row r="1"/>' }],
    ['an address beyond the last column', { rows: row('<c r="XFE1"><v>1</v></c>') }],
    ['XML that is none', { rows: '<row r="1"><c>' }],
  ])('is refused with %s', async (_, parts) => {
    await expect(recordsOf(workbookOf(parts))).rejects.toMatchObject({ kind: 'invalid', code: 'intake/unreadable-file' });
  });

  const many = (n: number, of: string): string => of.repeat(n);
  it.each([
    ['unpacks to too much', workbookOf({ rows: many(200_000, '<!--             -->') }), { unpackedBytes: 1_000_000 }],
    ['has too many texts', workbookOf({ rows: row(''), strings: many(1_001, '<si><t>x</t></si>') }), { sharedStrings: 1_000 }],
    ['has too long texts', workbookOf({ rows: row(''), strings: many(1_001, '<si><t>xxxxxxxxxx</t></si>') }), { sharedCharacters: 10_000 }],
    ['has too many cells', workbookOf({ rows: Array.from({ length: 100 }, (_, i) => `<row r="${i + 1}"><c r="CV${i + 1}"><v>1</v></c></row>`).join('') }), { cells: 9_000 }],
    ['has one cell of a million runs', workbookOf(text(many(1_000_000, '<r><t>x</t></r>'))), {}],
    ['hides a large entry that no sheet uses', zipOf({ 'xl/media/image1.png': Buffer.alloc(3_000_000), 'x': '' }), { unpackedBytes: 2_000_000 }],
  ] satisfies [string, Buffer, Partial<WorkbookLimits>][])('is refused when it %s', async (_, file, limits) => {
    await expect(recordsOf(file, limits)).rejects.toMatchObject({ kind: 'invalid', code: 'intake/file-too-heavy' });
  }); // prettier-ignore

  it('a workbook is refused when its thread runs out of memory, and this process does not notice', async () => {
    const file = workbookOf({
      rows: row(''),
      strings: Array.from({ length: 400_000 }, (_, i) => `<si><t>${'长'.repeat(100)}${i}</t></si>`).join(''),
    });
    const heap = process.memoryUsage().heapUsed;
    let turns = 0;
    let reading = true;
    const loop = (async () => {
      while (reading) {
        await setTimeout(5);
        turns += 1;
      }
    })();
    await expect(recordsOf(file, { heapMb: 32 })).rejects.toMatchObject({ kind: 'invalid', code: 'intake/file-too-heavy' });
    reading = false;
    await loop;
    expect(turns).toBeGreaterThan(5);
    expect(process.memoryUsage().heapUsed - heap).toBeLessThan(100 * 1024 * 1024);
  });

  it.each([
    ['yyyy-mm-dd', true], ['h:mm', true], ['[h]:mm:ss', true], ['m/d', true], ['[$-804]yyyy"年"m"月"', true], ['上午/下午h"时"', true],
    ['General', false], ['0.00', false], ['#,##0" days"', false], ['[Red]0;[Blue]-0', false], ['0\\d', false], ['_-* #,##0_-', false], ['0.00E+00', false], ['@', false],
  ])('shows a date by the format %j: %s', (code, isDate) => {
    expect(isDateFormat(code)).toBe(isDate);
  }); // prettier-ignore
});
