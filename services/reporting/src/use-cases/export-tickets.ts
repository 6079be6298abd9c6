import { type Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { streamOf } from '@gongdan/platform';
import { stringify } from 'csv-stringify';
import { type TicketRow } from '../projections/ticket-row.js';
import { type Search } from '../store/search.js';
import { SearchTickets } from './search-tickets.js';

const COLUMNS = [
  'number', 'state', 'unit', 'holder', 'channel', 'type', 'category', 'priority', 'title', 'description', 'address', 'area', 'registered_at', 'dispatched_at',
  'accepted_at', 'replied_at', 'resolved_at', 'closed_at', 'due_at', 'returns', 'transfers', 'reopens', 'warnings', 'breaches', 'external_key', 'id',
] as const; // prettier-ignore

/** Cells a spreadsheet would run as a formula are text, full-width signs too. */
export function inert(cell: unknown): string {
  const text = cell === null || cell === undefined ? '' : String(cell as string | number);
  return typeof cell === 'string' && /^[=+\-@\t\r＝＋－＠]/.test(text) ? `'${text}` : text;
}

/** The result of a search as CSV, streamed page by page: memory does not grow with the result. */
@Injectable()
export class ExportTickets {
  constructor(private readonly search: SearchTickets) {}

  run(org: string, search: Search): Promise<Readable> {
    return streamOf(this.rows(org, search), stringify({ header: true, bom: true, columns: [...COLUMNS] }));
  }

  private async *rows(org: string, search: Search): AsyncGenerator<string[]> {
    for (let after: { at: string; id: string } | undefined; ;) {
      const page = await this.search.page(org, search, after, 1_000);
      for (const row of page) yield COLUMNS.map((c) => inert(row[c as keyof TicketRow]));
      const last = page.at(-1);
      if (page.length < 1_000 || !last) return;
      after = { at: last.registered_at ?? '', id: last.id };
    }
  }
}
