import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestService } from '@gongdan/messaging/testing';
import { reporting } from '../src/reporting.module.js';
import { deliverAll, registered, subject } from './tickets.js';

/** What a spreadsheet makes of a line when its locale separates cells with `separator`: a quote means something only where a cell begins. */
function cellsOf(line: string, separator: string): string[] {
  const cells: string[] = [];
  for (let rest = line; ;) {
    const quoted = /^"((?:[^"]|"")*)"/.exec(rest);
    const begin = quoted ? quoted[0].length : 0;
    const end = rest.indexOf(separator, begin);
    const tail = rest.slice(begin, end === -1 ? undefined : end);
    cells.push((quoted?.[1]?.replaceAll('""', '"') ?? '') + tail);
    if (end === -1) return cells;
    rest = rest.slice(end + separator.length);
  }
}

describe('the export', () => {
  let s: TestService;

  beforeAll(async () => {
    s = await TestService.start(reporting);
    const titles = ['=cmd|calc', 'x;=cmd()', 'x; +1', '；x', 'a\t=1', 'a|@sum', 'say "hi";-2', '＝1'];
    for (const [i, title] of titles.entries()) {
      const ticket = subject();
      await deliverAll(s, ticket, registered(ticket, `N${i}`, { title, description: 'line one\n=2+2\n;=3' }));
    }
  });
  afterAll(() => s.close());

  it('exports CSV with one line per ticket and a header', async () => {
    const { text, headers } = await s.call('GET', '/v1/export.csv?text=line');
    expect(headers.get('content-type')).toContain('text/csv');
    expect(text.match(/"N\d"/g)).toHaveLength(8);
    expect(text).toContain(`"'=cmd|calc"`);
  });

  it.each([',', ';', '\t', '|'])('exports no cell that is a formula when a spreadsheet splits it at "%s"', async (separator) => {
    const { text } = await s.call('GET', '/v1/export.csv');
    const cells = text.split(/\r?\n/).flatMap((line) => cellsOf(line, separator));
    expect(cells.filter((cell) => /^["\s\u3000]*[=+\-@＝＋－＠]/.test(cell))).toEqual([]);
  });

  // Postgres refuses it only while the answer is being made.
  it('answers 400 for a condition that Postgres cannot store', async () => {
    expect((await s.call('GET', '/v1/export.csv?unit=%00')).body).toMatchObject({ status: 400, code: 'platform/unstorable-value' });
  });
});
