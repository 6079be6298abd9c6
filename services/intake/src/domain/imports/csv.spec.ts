import { describe, expect, it } from '@jest/globals';
import { CsvReader, type CsvRecord, LineCounter } from './csv.js';

function read(text: string, size = text.length || 1, reader = new CsvReader(',')): { records: CsvRecord[]; lines: number; blank: number } {
  const counter = new LineCounter();
  const records: CsvRecord[] = [];
  for (let at = 0; at < text.length; at += size) {
    const piece = text.slice(at, at + size);
    counter.push(piece);
    records.push(...reader.push(piece));
  }
  records.push(...reader.end());
  return { records, lines: counter.lines, blank: reader.blankLines };
}
const shown = (text: string) => read(text).records.map((r) => [r.line, r.lastLine, r.cells ?? r.broken]);

describe('a CSV reader', () => {
  it.each([
    ['plain cells', 'a,b\nc,d\n', [[1, 1, ['a', 'b']], [2, 2, ['c', 'd']]]],
    ['empty cells', ',\n"",\n', [[1, 1, ['', '']], [2, 2, ['', '']]]],
    ['line ends of Windows and of old Macs', 'a\r\nb\rc', [[1, 1, ['a']], [2, 2, ['b']], [3, 3, ['c']]]],
    ['blank lines', 'a,b\n\n  \nc,d', [[1, 1, ['a', 'b']], [4, 4, ['c', 'd']]]],
    ['quotes, separators and line ends in quoted cells', '"a ""b"", c",d\n"e\nf",g', [[1, 1, ['a "b", c', 'd']], [2, 3, ['e\nf', 'g']]]],
    ['quotes inside plain cells', 'a "b" c,5\'10"\n', [[1, 1, ['a "b" c', '5\'10"']]]],
  ])('reads %s', (_, text, expected) => {
    expect(shown(text)).toEqual(expected);
  }); // prettier-ignore

  const unclosed = 'opens a quote that is never closed';
  const behind = 'opens a quote and has text behind the quote that closes it';
  it.each([
    ['is never closed', 'a,"b\nc,d\ne,f', [[1, 1, unclosed], [2, 2, ['c', 'd']], [3, 3, ['e', 'f']]]],
    ['meets the quote of a later row', 'a,"b,x\nc,d,x\ne,"f",x', [[1, 1, behind], [2, 2, ['c', 'd', 'x']], [3, 3, ['e', 'f', 'x']]]],
    ['is followed by text', '"bad" word,x\nc,d', [[1, 1, behind], [2, 2, ['c', 'd']]]],
    ['stands alone in the last line', 'a,b\n"', [[1, 1, ['a', 'b']], [2, 2, unclosed]]],
  ])('gives up one line when a quote %s', (_, text, expected) => {
    expect(shown(text)).toEqual(expected);
  }); // prettier-ignore

  it('keeps the later lines of a record as they are in the file', () => {
    expect(read('a,"b,x\nc,d,x\ne",y\n').records[0]).toMatchObject({ cells: ['a', 'b,x\nc,d,x\ne', 'y'], continuation: ['c,d,x', 'e",y'] });
  });

  const tooLong = 'is too long, or opens a quote that is never closed';
  it('gives up a record that is too long, and only that', () => {
    const limits = { record: 100, rereading: 10_000 };
    const text = `a,b\nc,${'x'.repeat(500)}\nd,"${'y'.repeat(500)}\ne,f\n`;
    for (const size of [1, 7, 64, 1_000])
      expect(read(text, size, new CsvReader(',', limits)).records.map((r) => [r.line, r.cells ?? r.broken])).toEqual([
        [1, ['a', 'b']],
        [2, tooLong],
        [3, tooLong],
        [4, ['e', 'f']],
      ]);
  });

  it('refuses a file that would have to be read over and over again', () => {
    const limits = { record: 1_000, rereading: 10_000 };
    expect(() => read('x","y\n'.repeat(5_000), 64, new CsvReader(',', limits))).toThrow('too many quotes');
  });

  it('accounts for every line of any text, however it is cut', () => {
    // A linear congruential generator: the same texts in every run.
    let seed = 42;
    const next = (n: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % n;
    for (let round = 0; round < 3_000; round++) {
      const text = Array.from({ length: next(40) }, () => 'ab,,""\n\r '[next(9)]).join('');
      const whole = read(text);
      for (const size of [1, 2, 3, 7]) expect(read(text, size)).toEqual(whole);
      expect(whole.records.reduce((sum, r) => sum + r.lastLine - r.line + 1, whole.blank)).toBe(whole.lines);
      whole.records.forEach((r, i) => expect(r.line).toBeGreaterThan(whole.records[i - 1]?.lastLine ?? 0));
    }
  });
});
