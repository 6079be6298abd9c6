import { Invalid } from '@gongdan/kernel';

/**
 * A strict CSV reader (RFC 4180). Vocabulary: a *record* is a row of the file, header included; a *line* is what an editor shows, so a record
 * whose quoted cell has line ends has several lines. A quote counts only at the beginning of a cell; elsewhere in an unquoted cell it is text.
 *
 * A cell that opens a quote and is not closed properly makes its record broken. Only the line in which the record begins is rejected: reading
 * continues with the next line, so that a stray quote costs one row and not the rest of the file.
 */
export interface CsvRecord {
  line: number;
  lastLine: number;
  cells?: string[];
  broken?: string;
  /** The lines after the first as they are in the file. */
  continuation?: string[];
}

export interface CsvLimits {
  /** Characters of one record. */
  record: number;
  /** Characters that may be read again, over the whole file, because a quote was not closed. */
  rereading: number;
}

// A record far longer than the longest cell (20,000) only bounds memory. Without a bound on reading again, a file of lines such as `x","y`
// is read once per line up to the longest record: 512 MB would take days.
const LIMITS: CsvLimits = { record: 4 * 1024 * 1024, rereading: 64 * 1024 * 1024 };

const TOO_LONG = 'is too long, or opens a quote that is never closed';
const CR = 13;
const LF = 10;

interface Parsed {
  next: number;
  lines: number;
  cells?: string[];
  broken?: string;
}

export class CsvReader {
  private text = '';
  private line = 1;
  private reread = 0;
  /** The rest of this line belongs to a record that was given up. */
  private skippingLine = false;
  /** Lines without any text outside of records. */
  blankLines = 0;

  constructor(
    private readonly delimiter: string,
    private readonly limits: CsvLimits = LIMITS,
  ) {}

  /** The records that end in this piece of the file. */
  push(piece: string): CsvRecord[] {
    this.text += piece;
    return this.records(false);
  }

  /** The records that the end of the file completes. */
  end(): CsvRecord[] {
    return this.records(true);
  }

  private records(final: boolean): CsvRecord[] {
    const found: CsvRecord[] = [];
    let at = this.skipLine(0, final);
    while (at < this.text.length && !this.skippingLine) {
      const parsed = this.parse(at, final);
      if (!parsed) break;
      const { next, lines, cells, broken } = parsed;
      const lastLine = this.line + lines - 1;
      if (cells?.length === 1 && lines === 1 && cells[0]?.trim() === '') this.blankLines += 1;
      else if (cells)
        found.push({
          line: this.line,
          lastLine,
          cells,
          ...(lines > 1 ? { continuation: linesOf(this.text.slice(at, next)).slice(1) } : {}),
        });
      else found.push({ line: this.line, lastLine, broken: broken ?? 'is not a row' });
      this.line = lastLine + 1;
      at = next;
    }
    this.text = this.text.slice(at);
    return found;
  }

  private skipLine(from: number, final: boolean): number {
    if (!this.skippingLine) return from;
    const end = this.endOfLine(from);
    const next = end === this.text.length ? undefined : this.afterLineEnd(end, final);
    this.skippingLine = next === undefined && !final;
    return next ?? end;
  }

  /** One record from `start`; undefined when the text ends before the record does. */
  private parse(start: number, final: boolean): Parsed | undefined {
    const { text, delimiter } = this;
    const cells: string[] = [];
    let at = start;
    for (;;) {
      let end: number;
      if (text[at] === '"') {
        const close = this.closingQuote(at + 1);
        if (close === undefined || (close + 1 === text.length && !final))
          return final || this.tooLong(start) ? this.giveUp(start, text.length, final, 'opens a quote that is never closed') : undefined;
        end = close + 1;
        cells.push(text.slice(at + 1, close).replaceAll('""', '"'));
        if (end < text.length && text[end] !== delimiter && text[end] !== '\n' && text[end] !== '\r')
          return this.giveUp(start, end, final, 'opens a quote and has text behind the quote that closes it');
      } else {
        end = this.endOfPlainCell(at);
        if (end === text.length && !final) return this.tooLong(start) ? this.giveUp(start, end, final, TOO_LONG) : undefined;
        cells.push(text.slice(at, end));
      }
      if (text[end] === delimiter) {
        at = end + 1;
        continue;
      }
      const next = this.afterLineEnd(end, final);
      if (next === undefined) return undefined;
      if (next - start > this.limits.record) return this.giveUp(start, next, final, TOO_LONG);
      return { next, lines: Math.max(1, countLines(text.slice(start, next))), cells };
    }
  }

  private closingQuote(from: number): number | undefined {
    for (let at = this.text.indexOf('"', from); at !== -1; at = this.text.indexOf('"', at + 2)) if (this.text[at + 1] !== '"') return at;
    return undefined;
  }

  private endOfPlainCell(from: number): number {
    const { text, delimiter } = this;
    const separator = delimiter.charCodeAt(0);
    for (let at = from; at < text.length; at++) {
      const c = text.charCodeAt(at);
      if (c === separator || c === LF || c === CR) return at;
    }
    return text.length;
  }

  /** The index after CR, LF or CRLF; undefined when it cannot be known yet whether LF follows a CR. */
  private afterLineEnd(at: number, final: boolean): number | undefined {
    if (this.text[at] !== '\r') return Math.min(at + 1, this.text.length);
    if (at + 1 === this.text.length && !final) return undefined;
    return this.text[at + 1] === '\n' ? at + 2 : at + 1;
  }

  private tooLong(start: number): boolean {
    return this.text.length - start > this.limits.record;
  }

  /** The line in which the record begins is broken; what was read after it is read again. */
  private giveUp(start: number, readTo: number, final: boolean, broken: string): Parsed {
    this.skippingLine = true;
    const next = this.skipLine(start, final);
    // Neither the reason nor the amount may depend on how much of the file is here: every reading must give the same rows.
    const most = start + this.limits.record;
    this.reread += Math.max(0, Math.min(readTo, most) - next);
    if (this.reread > this.limits.rereading)
      throw new Invalid('intake/unreadable-file', {}, 'the file has too many quotes that are never closed');
    return { next, lines: 1, broken: readTo > most ? TOO_LONG : broken };
  }

  private endOfLine(from: number): number {
    const found = this.text.slice(from).search(/[\r\n]/);
    return found === -1 ? this.text.length : from + found;
  }
}

const linesOf = (record: string): string[] => record.replace(/(?:\r\n|\r|\n)$/, '').split(/\r\n|\r|\n/);

/** Line ends of a text, and its last line if it has none. */
function countLines(text: string): number {
  const ends = text.match(/\r\n|\r|\n/g)?.length ?? 0;
  return /[\r\n]$/.test(text) ? ends : ends + 1;
}

/** Counts the lines of a text that comes in pieces. It knows no quotes, so it checks the reader above. */
export class LineCounter {
  private ends = 0;
  private last = '';

  push(piece: string): void {
    if (piece === '') return;
    this.ends += piece.match(/\r\n|\r|\n/g)?.length ?? 0;
    if (this.last === '\r' && piece.startsWith('\n')) this.ends -= 1;
    this.last = piece.slice(-1);
  }

  get lines(): number {
    return this.last === '' || this.last === '\n' || this.last === '\r' ? this.ends : this.ends + 1;
  }
}
