import { describe, expect, it } from '@jest/globals';
import { resultCells, resultStringifier } from './result-csv.js';

async function lineOf(externalKey: string, detail: string): Promise<string> {
  const file = resultStringifier();
  file.end(
    resultCells({
      row: 1,
      line: 2,
      lastLine: 2,
      outcome: 'rejected',
      externalKey,
      ticketId: null,
      number: null,
      notes: [{ pointer: externalKey, detail }],
    }),
  );
  let text = '';
  for await (const piece of file) text += String(piece);
  return text.slice(text.indexOf('\n') + 1).trim();
}

describe('the result file of an import', () => {
  it('quotes every cell with a text', async () => {
    expect(await lineOf('K1', 'is "empty"')).toBe('"1","2","2","rejected","K1",,"K1: is ""empty"""');
  });

  it.each(["=cmd|' /C calc'!A0", '+1', '-1+1', '@SUM(A1)', 'a;=1+1', 'a; =1+1', 'a\t=1+1', 'a,=1+1', 'a;"=1+1"', ';-1', 'a\n=1', '＝1+1'])(
    'the result file has no formula, however a spreadsheet splits the line: %j',
    async (text) => {
      const line = await lineOf(text, text);
      for (const separator of [/;/, /,/, /\t/, /\n/])
        for (const piece of line.split(separator)) expect(piece.replace(/^["\s]+/, '')).not.toMatch(/^[=+\-@＝＋－＠]/);
    },
  );
});
