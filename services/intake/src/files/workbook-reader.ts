import { type Duplex, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Invalid } from '@gongdan/kernel';
import excel from 'exceljs';
import { type CsvRecord } from '../domain/imports/csv.js';
import { decode } from './decode.js';
import { readSharedStrings } from './shared-strings.js';
import { readSheet } from './sheet-cells.js';
import { type WorkbookLimits } from './workbook-limits.js';
import { readDateStyles } from './workbook-styles.js';
import { isTrue, parseXml } from './xml.js';

/** The parts of exceljs' stream reader that are used or replaced here. It unpacks the ZIP and knows the names of the sheets; nothing else of it is used. */
interface WorkbookReader extends AsyncIterable<{ name: string; iterator: AsyncIterable<Buffer | string> }> {
  _parseWorkbook: (entry: Readable) => Promise<void>;
  _parseSharedStrings: (entry: Readable) => unknown;
  _parseStyles: (entry: Readable) => Promise<void>;
  sharedStrings: unknown;
}

export interface RowCount {
  rows: number;
  blankRows: number;
}

/** The rows of one sheet, in order, blank ones left out. Throws Invalid for a file that is no workbook, lacks the sheet or exceeds a limit. */
export async function* readWorkbook(
  chunks: AsyncIterable<Buffer>,
  sheet: string | undefined,
  limits: WorkbookLimits,
  counted: RowCount,
): AsyncGenerator<CsvRecord> {
  const input = Readable.from(chunks);
  const options = { worksheets: 'emit', sharedStrings: 'cache', hyperlinks: 'ignore', styles: 'cache', entries: 'ignore' } as const;
  const reader = new excel.stream.xlsx.WorkbookReader(input, options) as unknown as WorkbookReader;
  const book = { strings: [] as string[], dateStyles: [] as boolean[], since1904: false };
  // exceljs spools a sheet to a temporary file until it has the texts. Here a sheet also waits for the styles and the date system.
  let needed = 3;
  const arrived = (): void => {
    needed -= 1;
    if (needed === 0) reader.sharedStrings = [];
  };

  // exceljs loses runs of rich text, shows furigana for the word, reads date cells (t="d") as numbers and knows only date1904="1".
  const parseWorkbook = reader._parseWorkbook.bind(reader);
  reader._parseWorkbook = async (entry) => {
    const text = await buffer(entry);
    const parsing = parseXml(decode(Readable.from([text]), 'utf-8'), {
      open: (name, attributes) => {
        if (name === 'workbookPr') book.since1904 = isTrue(attributes['date1904']);
      },
    });
    for await (const _ of parsing);
    await parseWorkbook(Readable.from([text]));
    arrived();
  };
  reader._parseSharedStrings = async function* (entry: Readable) {
    book.strings = await readSharedStrings(decode(entry, 'utf-8'), limits);
    arrived();
    yield* [];
  };
  reader._parseStyles = async (entry) => {
    book.dateStyles = await readDateStyles(decode(entry, 'utf-8'));
    arrived();
  };

  const broken = new AbortController();
  meterZip(input, limits, broken);
  yield* unlessBroken(sheetRecords(), broken.signal);

  async function* sheetRecords(): AsyncGenerator<CsvRecord> {
    for await (const worksheet of reader) {
      if (sheet !== undefined && worksheet.name !== sheet) continue;
      for await (const { row, cells } of readSheet(decode(worksheet.iterator as AsyncIterable<Buffer>, 'utf-8'), book, limits)) {
        counted.rows += 1;
        if (cells.every((cell) => cell.trim() === '')) counted.blankRows += 1;
        else yield { line: row, lastLine: row, cells };
      }
      return;
    }
    throw new Invalid(
      'intake/no-such-sheet',
      { violations: [{ pointer: '/mapping/sheet', detail: `the file has no sheet '${sheet ?? '1'}'` }] },
      'the sheet is not in the file',
    );
  }
}

/**
 * Counts the unpacked bytes, detects a broken ZIP and sees to it that each entry is read. The reader gives no access to the ZIP, and when the
 * file ends inside an entry, it waits for ever for the rest of that entry.
 */
function meterZip(input: Readable, limits: WorkbookLimits, broken: AbortController): void {
  let unpacked = 0;
  const meter = (entry: Readable & { write: (chunk: Buffer, ...rest: unknown[]) => boolean }): void => {
    const write = entry.write.bind(entry);
    entry.write = (chunk, ...rest) => {
      unpacked += chunk.length;
      if (unpacked > limits.unpackedBytes)
        broken.abort(new Invalid('intake/file-too-heavy', {}, `the workbook unpacks to more than ${limits.unpackedBytes} bytes`));
      return write(chunk, ...rest);
    };
  };
  const pipe = input.pipe.bind(input);
  input.pipe = (zip, options) => {
    const entries = zip as unknown as Duplex & { push: (entry: Parameters<typeof meter>[0] | null) => boolean };
    const push = entries.push.bind(entries);
    entries.push = (entry) => {
      if (entry) meter(entry);
      return push(entry);
    };
    endAfterLastEntry(entries);
    return pipe(
      zip.once('error', (error: Error) => broken.abort(error)),
      options,
    );
  };
}

/**
 * Unzipper tells 'end' as soon as the file has been taken in, although entries that nobody has read yet are still waiting in the stream. exceljs
 * stops at 'end', so it lost the entries behind a sheet whenever unpacking them was faster than spooling the sheet, and dates came out as numbers.
 * Only the end that follows the last entry passes.
 */
function endAfterLastEntry(zip: Duplex): void {
  const emit = zip.emit.bind(zip) as (event: string | symbol, ...rest: unknown[]) => boolean;
  zip.emit = (event: string | symbol, ...rest: unknown[]) => (event === 'end' && !zip.readableEnded ? false : emit(event, ...rest));
}

/** Stops waiting for the next item when the ZIP proves broken, because that item would never arrive. */
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
