import { must, type Trial } from '../trial.js';
import { eachOf, Findings, fresh, type ImportRow, importFile, mapping, rowsOf } from './desk.js';

/** Files whose quotes are not what they seem. The text after the header, with a key in each line that was meant as a row. */
const FILES: Record<string, string> = {
  'a quote that opens and closes rows later': 'q1,"断网,x\nq2,慢,x\nq3,停机",x',
  'a quote that never closes': 'q1,"断网,x\nq2,慢,x\nq3,停机,x',
  'a quote in the middle of a cell': 'q1,断"网,x\nq2,慢,x',
  inches: 'q1,屏 5" 坏,x\nq2,屏 6" 坏,x\nq3,ok,x',
  'text behind a closing quote': 'q1,"断"网,x\nq2,慢,x',
  'a quote of the first cell': '"q1,断网,x\nq2,慢,x\nq3,慢,x',
  'a quote of the last cell': 'q1,断网,"x\nq2,慢,x\nq3,慢,x',
  'a quote alone at the end': 'q1,断网,x\nq2,慢,x\n"',
  'a quote alone in a line': 'q1,断网,x\n"\nq2,慢,x\nq3,慢,x',
  'two quotes that meet': 'q1,"断网,x\nq2,"慢,x\nq3,停,x',
  'doubled quotes': 'q1,"""断网""",x\nq2,"慢"",x\nq3,停,x',
  'line ends of Windows': 'q1,"断网,x\r\nq2,慢,x\r\nq3,停,x\r\n',
  'line ends of old Macs': 'q1,断网,x\rq2,慢,x\rq3,停,x',
  'mixed line ends': 'q1,断网,x\r\nq2,"慢\r停",x\nq3,停,x',
  'blank lines': '\n\nq1,断网,x\n\n  \nq2,慢,x\n\n',
  'too many and too few cells': 'q1,断网\nq2,慢,x,y,z\nq3\nq4,停,x',
  'the same key twice': 'q1,断网,x\nq1,断网,x\nq1,慢,x',
  semicolons: 'q1;断网;x\nq2;慢;x',
  'no key': ',断网,x\n,慢,x',
  NUL: 'q1,断\u0000网,x\nq2,慢,x',
  'a long cell of several lines': `q1,"断网\n${'是的\n'.repeat(50)}完",x\nq2,慢,x`,
  'a byte order mark inside': 'q1,断网,x\n\ufeffq2,慢,x',
  'curly quotes': 'q1,“断网,x\nq2,慢”,x\nq3,停,x',
};

/** The same kind by chance: lines made of these pieces. The seed is fixed, so that a finding can be repeated. */
const PIECES = ['断网', '"', '""', ',', ', ', '\n', '\r\n', 'x', ' ', '"x"', '停机'];
const RANDOM_FILES = 40;

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function randomFile(seed: number): string {
  const next = random(seed);
  return Array.from({ length: 8 }, (_, i) => {
    const middle = Array.from({ length: 1 + Math.floor(next() * 4) }, () => PIECES[Math.floor(next() * PIECES.length)]).join('');
    return `q${i + 1},${middle},x`;
  }).join('\n');
}

/** A line that reads as a whole row: it begins with a key and has the three cells. */
const WHOLE_ROW = /^q\d+,[^,"]*,[^,"]*$/;

function checkFile(
  found: Findings,
  how: string,
  body: string,
  view: { rows: number; created: number; unchanged: number; changed: number; rejected: number; merged: number; sourceLines: number | null },
  rows: ImportRow[],
): void {
  const lines = body.split(/\r\n|\n|\r/);
  const told = JSON.stringify(body.length > 120 ? `${body.slice(0, 120)}…` : body);
  const sum = view.created + view.unchanged + view.changed + view.rejected + view.merged;
  found.check(sum === view.sourceLines, `${how}: ${sum} of ${view.sourceLines} lines are accounted for in ${told}`);
  found.check(rows.length === view.rows, `${how}: ${rows.length} of ${view.rows} rows are reported`);
  // Line 1 is the header.
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const holders = rows.filter((r) => r.line <= i + 2 && i + 2 <= r.lastLine);
    found.check(holders.length === 1, `${how}: line ${i + 2} (${line.slice(0, 30)}) stands in ${holders.length} rows of ${told}`);
    const holder = holders[0];
    if (!holder || holder.line === i + 2 || !WHOLE_ROW.test(line)) continue;
    found.check(
      holder.outcome === 'rejected',
      `${how}: the row in line ${i + 2} was merged into the ${holder.outcome} row of line ${holder.line} in ${told}`,
    );
  }
}

/** Fault 11. */
export const sourceLines: Trial = {
  name: 'source-lines',
  claim:
    'Each line of an imported file stands in exactly one reported row, and no row that can be read is merged into another one silently.',
  async run({ client }) {
    const found = new Findings();
    const files = {
      ...FILES,
      ...Object.fromEntries(Array.from({ length: RANDOM_FILES }, (_, i) => [`random file ${i + 1}`, randomFile(i + 1)])),
    };
    let created = 0;
    await eachOf(Object.entries(files), async ([how, body]) => {
      const view = await importFile(client, `key,title,place.address\n${body}`, mapping(fresh('lines'), ['title', 'place.address']));
      created += view.created;
      // A file may be refused as a whole, with the reason; a failure of the platform's own count is none.
      if (view.state === 'failed')
        found.check(view.error !== null && !/accounted|internal/i.test(view.error), `${how}: the import failed: ${view.error}`);
      else checkFile(found, how, body, view, await rowsOf(client, view.id));
    });
    must(created > 100, `only ${created} rows were created: the files test nothing`);
    return found.end(`checks of ${Object.keys(files).length} files`);
  },
};
