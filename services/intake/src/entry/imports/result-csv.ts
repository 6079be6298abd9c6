import { type z } from 'zod';
import { stringify, type Stringifier } from 'csv-stringify';
import { type ImportRow } from './import-bodies.js';

const COLUMNS = ['row', 'line', 'lastLine', 'outcome', 'externalKey', 'number', 'notes'];

/** The cells of a row of the result file, harmless in a spreadsheet. */
export function resultCells(r: z.infer<typeof ImportRow>): string[] {
  const notes = (r.notes ?? []).map((n) => `${n.pointer}: ${n.detail}`).join(' | ');
  return [String(r.row), String(r.line), String(r.lastLine), r.outcome, r.externalKey ?? '', r.number ?? '', notes].map(harmless);
}

export function resultStringifier(): Stringifier {
  return stringify({ header: true, bom: true, columns: COLUMNS, quoted: true });
}

/**
 * A spreadsheet evaluates a cell that begins with = + - or @. Where its locale separates cells by semicolon, it also splits a quoted cell, unless
 * the quote begins the line, and evaluates the part behind the semicolon. An apostrophe in front makes each of them a text.
 */
function harmless(cell: string): string {
  return cell.replace(/(^|[;,\t\r\n|])(["\s]*)(?=[=+\-@＝＋－＠])/g, "$1$2'");
}
