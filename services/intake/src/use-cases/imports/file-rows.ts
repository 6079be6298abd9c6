import { Readable } from 'node:stream';
import { AppError, Invalid } from '@gongdan/kernel';
import { type ImportMapping } from '@gongdan/packs';
import { parse } from 'csv-parse';
import excel from 'exceljs';
import iconv from 'iconv-lite';
import { mappedColumns, missingColumns } from '../../domain/import-row.js';
import { type FileRow } from './import-rows.js';

const SNIFF = 64 * 1024;

/**
 * Rows of a file as they stream by, broken ones included, numbered the same however the file is cut into chunks: resuming relies on it.
 * Throws Invalid when the file is at fault; what the source of the chunks throws passes through, for that is no mistake of the file.
 */
export async function* fileRows(chunks: AsyncIterable<Buffer>, mapping: ImportMapping): AsyncGenerator<FileRow> {
  let broke: { error: unknown } | undefined;
  const watched = async function* (): AsyncGenerator<Buffer> {
    try {
      yield* chunks;
    } catch (error) {
      broke = { error };
      // exceljs listens to no error of its input, which would end the process: it sees a file that ends early, and we tell below.
      if (mapping.format !== 'xlsx') throw error;
    }
  };
  try {
    yield* rowsOf(watched(), mapping);
    if (broke) throw (broke as { error: unknown }).error;
  } catch (cause) {
    if (broke) throw broke.error;
    if (cause instanceof AppError) throw cause;
    throw new Invalid(
      'intake/unreadable-file',
      { cause },
      `the file cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
}

async function* rowsOf(chunks: AsyncIterable<Buffer>, mapping: ImportMapping): AsyncGenerator<FileRow> {
  const rows = mapping.format === 'xlsx' ? xlsxRecords(chunks, mapping.sheet) : csvRecords(chunks, mapping);
  let header: string[] | undefined;
  let row = 0;
  for await (const { line, cells, broken } of rows) {
    if (!header) {
      header = (cells ?? []).map((c) => c.trim());
      mustHaveColumns(header, mapping);
      continue;
    }
    row += 1;
    if (!cells) yield { row, line, broken: broken ?? 'is no row' };
    else if (cells.length !== header.length) yield { row, line, broken: `has ${cells.length} cells, the header ${header.length}` };
    else yield { row, line, cells: Object.fromEntries(header.map((name, i) => [name, cells[i] ?? ''])) };
  }
}

function mustHaveColumns(header: readonly string[], mapping: ImportMapping): void {
  const missing = missingColumns(mapping, header);
  if (missing.length > 0) {
    throw new Invalid(
      'intake/columns-missing',
      { violations: missing.map((c) => ({ pointer: c, detail: 'is not in the header of the file' })) },
      `the file lacks the columns ${missing.join(', ')}`,
    );
  }
  const twice = mappedColumns(mapping).filter((c) => header.indexOf(c) !== header.lastIndexOf(c));
  if (twice.length > 0) {
    throw new Invalid(
      'intake/columns-twice',
      { violations: twice.map((c) => ({ pointer: c, detail: 'stands twice in the header' })) },
      `the file has these columns twice: ${twice.join(', ')}`,
    );
  }
}

interface Rec {
  line: number;
  cells?: string[];
  broken?: string;
}

async function* csvRecords(chunks: AsyncIterable<Buffer>, mapping: ImportMapping): AsyncGenerator<Rec> {
  const { first, all } = await peek(chunks);
  const encoding = encodingOf(first, mapping.encoding ?? 'auto');
  // Rows and broken rows in the order of the file: the parser calls both back as it reads, while its 'skip' event overtakes the rows it has buffered.
  const found: Rec[] = [];
  let last = 0;
  const parser = parse({
    delimiter: mapping.delimiter ?? ',',
    relax_column_count: true,
    // A stray quote stays in its cell. Strictly read it breaks its row and, unclosed, the good row behind it too.
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    // Far above what a cell may have (20,000): a long cell is a row's mistake; this only bounds memory when a quote is never closed.
    max_record_size: 8 * 1024 * 1024,
    on_skip: (error) => {
      // The parser names the line where it gave up; whoever mends the file needs the one where the row began.
      found.push({
        line: last + 1,
        broken:
          error?.code === 'CSV_QUOTE_NOT_CLOSED'
            ? 'opens a quote that is never closed; the rows behind it are lost in it'
            : (error?.message ?? 'is no row'),
      });
    },
    on_record: (cells: string[], { lines }) => {
      found.push({ line: lines, cells });
      last = lines;
      return cells;
    },
  });
  const decoded = Readable.from(decode(all, encoding));
  decoded.on('error', (error) => parser.destroy(error));
  decoded.pipe(parser);
  try {
    for await (const _ of parser) yield* found.splice(0);
    yield* found;
  } finally {
    decoded.destroy();
  }
}

async function* decode(chunks: AsyncIterable<Buffer>, encoding: string): AsyncGenerator<string> {
  const decoder = iconv.getDecoder(encoding);
  let first = true;
  for await (const chunk of chunks) {
    const text = decoder.write(chunk);
    yield first ? text.replace(/^\uFEFF/, '') : text;
    first = false;
  }
  const rest = decoder.end();
  if (rest) yield rest;
}

/** By byte order mark, else UTF-8 when the bytes are, else GB18030, which holds GBK and GB2312. */
export function encodingOf(first: Buffer, wanted: string): string {
  if (wanted !== 'auto') return wanted;
  if (first.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf]))) return 'utf-8';
  if (first.subarray(0, 2).equals(Buffer.from([0xff, 0xfe]))) return 'utf-16le';
  try {
    // The last character may be cut by the end of the sample: `stream` forgives it.
    new TextDecoder('utf-8', { fatal: true }).decode(first, { stream: true });
    return 'utf-8';
  } catch {
    return 'gb18030';
  }
}

async function peek(chunks: AsyncIterable<Buffer>): Promise<{ first: Buffer; all: AsyncIterable<Buffer> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  const seen: Buffer[] = [];
  let size = 0;
  while (size < SNIFF) {
    const next = await iterator.next();
    if (next.done) break;
    seen.push(next.value);
    size += next.value.length;
  }
  return {
    first: Buffer.concat(seen).subarray(0, SNIFF),
    all: (async function* () {
      yield* seen;
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
    })(),
  };
}

/** The parts of exceljs' reader that are mended here. */
interface WorkbookReader extends AsyncIterable<AsyncIterable<excel.Row> & { name: string }> {
  _parseSharedStrings: (entry: Readable) => unknown;
  _parseWorksheet: (xml: AsyncIterable<Buffer | string>, n: string) => unknown;
}

async function* xlsxRecords(chunks: AsyncIterable<Buffer>, sheet: string | undefined): AsyncGenerator<Rec> {
  const input = Readable.from(chunks);
  const options = { worksheets: 'emit', sharedStrings: 'cache', hyperlinks: 'ignore', styles: 'cache', entries: 'ignore' } as const;
  const reader = new excel.stream.xlsx.WorkbookReader(input, options) as unknown as WorkbookReader;
  // It decodes each piece of an XML by itself and loses the characters at the seams (exceljs#2084); what is text already it leaves alone.
  const { _parseSharedStrings: strings, _parseWorksheet: worksheet } = reader;
  reader._parseSharedStrings = (entry) => strings.call(reader, entry.setEncoding('utf8'));
  reader._parseWorksheet = (xml, n) => worksheet.call(reader, decode(xml as AsyncIterable<Buffer>, 'utf-8'), n);
  // It waits for ever for the rest of an entry inside which the file ends; only the zip, which it keeps to itself, knows better.
  const broken = new AbortController();
  const pipe = input.pipe.bind(input);
  input.pipe = (zip, o) =>
    pipe(
      zip.once('error', (error: Error) => broken.abort(error)),
      o,
    );
  yield* unlessBroken(sheetRecords(reader, sheet), broken.signal);
}

async function* sheetRecords(reader: WorkbookReader, sheet: string | undefined): AsyncGenerator<Rec> {
  for await (const worksheet of reader) {
    if (sheet !== undefined && worksheet.name !== sheet) continue;
    let width = 0;
    for await (const row of worksheet) {
      const values = (row.values as unknown[]).slice(1);
      width ||= values.length;
      yield { line: row.number, cells: Array.from({ length: Math.max(width, values.length) }, (_, i) => textOf(values[i])) };
    }
    return;
  }
  throw new Invalid(
    'intake/no-such-sheet',
    { violations: [{ pointer: '/mapping/sheet', detail: `the file has no sheet '${sheet ?? '1'}'` }] },
    'the sheet is not in the file',
  );
}

/** What is still awaited when it breaks is left behind: it would never come. */
async function* unlessBroken<T>(items: AsyncGenerator<T>, broken: AbortSignal): AsyncGenerator<T> {
  try {
    for (;;) {
      const next = await new Promise<IteratorResult<T>>((resolve, reject) => {
        const stop = (): void => reject(broken.reason as Error);
        if (broken.aborted) return stop();
        broken.addEventListener('abort', stop);
        items.next().then(resolve, reject).finally(() => broken.removeEventListener('abort', stop)); // prettier-ignore
      });
      if (next.done) return;
      yield next.value;
    }
  } finally {
    if (!broken.aborted) await items.return(undefined);
  }
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  // Excel keeps what a clock shows; exceljs hands it over as if it were UTC. Without the Z it is wall time (import-row.ts). A number no calendar has is left in words.
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? String(value) : value.toISOString().slice(0, -1);
  if (typeof value === 'object') {
    const v = value as { text?: unknown; result?: unknown; richText?: { text: string }[] };
    if (v.richText) return v.richText.map((t) => t.text).join('');
    return textOf(v.text ?? v.result ?? '');
  }
  return String(value as string | number | boolean);
}
