import { Invalid } from '@gongdan/kernel';
import { tooHeavy } from './shared-strings.js';
import { LONGEST_CELL, type WorkbookLimits } from './workbook-limits.js';
import { isTrue, parseXml, unescapeText } from './xml.js';

export interface Book {
  strings: readonly string[];
  dateStyles: readonly boolean[];
  /** Days are counted from 1904, as Excel for Macintosh did. */
  since1904: boolean;
}

export interface SheetRow {
  /** Number of the row in the sheet. */
  row: number;
  cells: string[];
}

interface Cell {
  column: number;
  type: string;
  style: number;
  value: string;
}

/** The rows of a sheet with the text of each cell; a date is wall time without a zone (`2020-05-02T10:00:00.000`). Rows are as wide as the first. */
export async function* readSheet(pieces: AsyncIterable<string>, book: Book, limits: WorkbookLimits): AsyncGenerator<SheetRow> {
  let rows: SheetRow[] = [];
  let row: SheetRow | undefined;
  let cell: Cell | undefined;
  let lastRow = 0;
  let width = 0;
  let read = 0;
  let collecting = false;
  let inPhonetic = false;
  const parsing = parseXml(pieces, {
    open: (name, attributes) => {
      if (name === 'row') row = { row: rowNumber(attributes['r'], lastRow), cells: [] };
      else if (name === 'c' && row)
        cell = {
          column: columnOf(attributes['r']) ?? row.cells.length,
          type: attributes['t'] ?? 'n',
          style: Number(attributes['s'] ?? 0),
          value: '',
        };
      else if (name === 'rPh') inPhonetic = true;
      else if (name === 'v' || name === 't') collecting = cell !== undefined && !inPhonetic;
    },
    text: (part) => {
      if (!collecting || !cell) return;
      cell.value += part;
      if (cell.value.length > LONGEST_CELL) throw tooHeavy(`more than ${LONGEST_CELL} characters in a cell`);
    },
    close: (name) => {
      if (name === 'v' || name === 't') collecting = false;
      else if (name === 'rPh') inPhonetic = false;
      else if (name === 'c' && row && cell) {
        if (cell.column < row.cells.length) throw new Invalid('intake/unreadable-file', {}, `row ${row.row} has its cells in no order`);
        while (row.cells.length < cell.column) row.cells.push('');
        row.cells.push(textOf(cell, book));
        cell = undefined;
      } else if (name === 'row' && row) {
        width ||= row.cells.length;
        while (row.cells.length < width) row.cells.push('');
        read += Math.max(1, row.cells.length);
        if (read > limits.cells) throw tooHeavy(`more than ${limits.cells} cells`);
        lastRow = row.row;
        rows.push(row);
        row = undefined;
      }
    },
  });
  for await (const _ of parsing) {
    yield* rows;
    rows = [];
  }
}

function rowNumber(text: string | undefined, last: number): number {
  const row = text === undefined ? last + 1 : Number(text);
  if (!Number.isSafeInteger(row) || row <= last || row > 1_048_576)
    throw new Invalid('intake/unreadable-file', {}, `row '${text ?? row}' is not behind row ${last}`);
  return row;
}

/** The zero-based column of an address such as `AB12`. */
function columnOf(address: string | undefined): number | undefined {
  if (address === undefined) return undefined;
  const letters = /^([A-Z]{1,3})\d+$/.exec(address)?.[1];
  const column = letters === undefined ? NaN : [...letters].reduce((sum, c) => sum * 26 + c.charCodeAt(0) - 64, 0) - 1;
  if (!(column < 16_384)) throw new Invalid('intake/unreadable-file', {}, `'${address.slice(0, 20)}' is not the address of a cell`);
  return column;
}

function textOf({ type, style, value }: Cell, book: Book): string {
  switch (type) {
    case 's': {
      if (value.trim() === '') return '';
      const text = book.strings[Number(value)];
      if (text === undefined)
        throw new Invalid('intake/unreadable-file', {}, `a cell refers to text ${value.slice(0, 20)}, which the file lacks`);
      return text;
    }
    case 'b':
      return value === '' ? '' : String(isTrue(value));
    case 'd':
      return wallTimeOf(value);
    case 'n':
      return numberText(value, book.dateStyles[style] === true, book.since1904);
    case 'inlineStr':
    case 'str':
    case 'e':
      // An error is shown as Excel shows it (#N/A), because an empty cell would hide it.
      return unescapeText(value);
    default:
      throw new Invalid('intake/unreadable-file', {}, `a cell is of the type '${type.slice(0, 20)}', which no workbook has`);
  }
}

function numberText(value: string, isDate: boolean, since1904: boolean): string {
  if (value.trim() === '') return '';
  const number = Number(value);
  // A number below 1 is a time without a date.
  return isDate && number >= 1 ? dateText(number, since1904) : String(number);
}

const DAY_MS = 86_400_000;
const EPOCH_1900 = 25_569;
const DAYS_1904 = 1_462;

function dateText(serial: number, since1904: boolean): string {
  // Excel counts 29 February 1900 (day 60), which no calendar has.
  const days = since1904 ? serial + DAYS_1904 : serial < 60 ? serial + 1 : serial;
  if (!since1904 && serial >= 60 && serial < 61) return '1900-02-29';
  const date = new Date(Math.round((days - EPOCH_1900) * DAY_MS));
  return Number.isNaN(date.getTime()) ? 'Invalid Date' : date.toISOString().slice(0, -1);
}

/** A cell of type date holds ISO 8601. With an offset it is left as it is. */
function wallTimeOf(text: string): string {
  const found = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}:\d{2})(?:\.(\d{1,3})\d*)?)?$/.exec(text.trim());
  if (!found) return text;
  return `${found[1]}T${found[2] ?? '00:00:00'}.${(found[3] ?? '').padEnd(3, '0')}`;
}
