import { AppError, Invalid } from '@gongdan/kernel';
import { type ImportMapping } from '@gongdan/packs';
import { CsvReader, type CsvRecord, LineCounter } from '../domain/imports/csv.js';
import { type FileRow, type FileTally, newTally } from '../domain/imports/file-row.js';
import { mappedColumns, missingColumns, readRow } from '../domain/imports/import-row.js';
import { decode, encodingOf, peek } from './decode.js';
import { WORKBOOK_LIMITS, type WorkbookLimits } from './workbook-limits.js';
import { workbookRecords } from './workbook.js';

/**
 * The rows of a file as it is read, broken ones included, numbered the same however the file is cut into chunks: resuming relies on it.
 * Throws Invalid for a mistake of the file; an error of the source of the chunks passes through unchanged, because it is no mistake of the file.
 */
export async function* fileRows(
  chunks: AsyncIterable<Buffer>,
  mapping: ImportMapping,
  tally: FileTally = newTally(),
  limits: WorkbookLimits = WORKBOOK_LIMITS,
): AsyncGenerator<FileRow> {
  let lost: { error: unknown } | undefined;
  const watched = async function* (): AsyncGenerator<Buffer> {
    try {
      yield* chunks;
    } catch (error) {
      lost = { error };
      throw error;
    }
  };
  try {
    const records =
      mapping.format === 'xlsx' ? workbookRecords(watched(), mapping.sheet, tally, limits) : csvRecords(watched(), mapping, tally);
    yield* rowsOf(records, mapping, tally);
  } catch (cause) {
    if (lost) throw lost.error;
    if (cause instanceof AppError) throw cause;
    throw new Invalid(
      'intake/unreadable-file',
      { cause },
      `the file cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
}

async function* rowsOf(records: AsyncIterable<CsvRecord>, mapping: ImportMapping, tally: FileTally): AsyncGenerator<FileRow> {
  let header: string[] | undefined;
  let row = 0;
  for await (const record of records) {
    const { line, lastLine } = record;
    if (!header) {
      tally.headerLines = lastLine - line + 1;
      header = headerOf(record, mapping);
      continue;
    }
    row += 1;
    const { cells } = record;
    const broken = brokenBecause(record, header, mapping);
    if (!cells || broken !== undefined) yield { row, line, lastLine, broken: broken ?? 'is not a row' };
    else yield { row, line, lastLine, cells: byColumn(header, cells) };
  }
}

function brokenBecause(record: CsvRecord, header: readonly string[], mapping: ImportMapping): string | undefined {
  const { cells, broken, line, lastLine, continuation = [] } = record;
  if (!cells) return broken ?? 'is not a row';
  // A stray quote in one row and another in a later row turn all rows between them into one well-formed row. Reading those lines as rows would be worse:
  // the author of the text of a properly quoted cell could add rows to the file.
  if (continuation.some((text) => isRow(text, header, mapping)))
    return `lines ${line} to ${lastLine} are one row because of their quotes, and a line among them can be read as a row`;
  return cells.length === header.length ? undefined : `has ${cells.length} cells, the header ${header.length}`;
}

/** Whether a line, its quotes left out, would be accepted as a row. */
function isRow(text: string, header: readonly string[], mapping: ImportMapping): boolean {
  const cells = text.split(mapping.delimiter ?? ',');
  return cells.length === header.length && readRow(byColumn(header, cells.map((c) => c.replaceAll('"', ''))), mapping).ok; // prettier-ignore
}

const byColumn = (header: readonly string[], cells: readonly string[]): Record<string, string> =>
  Object.fromEntries(header.map((name, i) => [name, cells[i] ?? '']));

function headerOf({ cells, broken }: CsvRecord, mapping: ImportMapping): string[] {
  if (!cells) throw new Invalid('intake/unreadable-file', {}, `the header of the file ${broken ?? 'cannot be read'}`);
  const header = cells.map((c) => c.trim());
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
      { violations: twice.map((c) => ({ pointer: c, detail: 'is in the header twice' })) },
      `the file has these columns twice: ${twice.join(', ')}`,
    );
  }
  return header;
}

async function* csvRecords(chunks: AsyncIterable<Buffer>, mapping: ImportMapping, tally: FileTally): AsyncGenerator<CsvRecord> {
  const { first, all } = await peek(chunks);
  const reader = new CsvReader(mapping.delimiter ?? ',');
  const counter = new LineCounter();
  for await (const text of decode(all, encodingOf(first, mapping.encoding ?? 'auto'))) {
    counter.push(text);
    yield* reader.push(text);
  }
  yield* reader.end();
  tally.lines = counter.lines;
  tally.blankLines = reader.blankLines;
}
