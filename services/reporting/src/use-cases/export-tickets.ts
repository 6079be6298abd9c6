import { type Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { Database, streamOf } from '@gongdan/platform';
import { stringify } from 'csv-stringify';
import { inertCell } from '../domain/csv.js';
import { type Freshness } from '../domain/freshness.js';
import { type TicketRow } from '../projections/ticket-row.js';
import { type Search } from '../store/search.js';
import { TicketsStore } from '../store/tickets.store.js';

const COLUMNS = [
  'number', 'state', 'unit', 'holder', 'channel', 'type', 'category', 'priority', 'title', 'description', 'address', 'area', 'registeredAt', 'dispatchedAt',
  'acceptedAt', 'repliedAt', 'resolvedAt', 'closedAt', 'dueAt', 'returns', 'transfers', 'reopens', 'urges', 'warnings', 'breaches', 'judgedUnit', 'judgedClass', 'externalKey', 'id',
] as const satisfies readonly (keyof TicketRow)[]; // prettier-ignore
const PAGE = 1_000;

/** The result of a search as CSV, streamed page by page: memory does not grow with the result. */
@Injectable()
export class ExportTickets {
  constructor(
    private readonly database: Database,
    private readonly tickets: TicketsStore,
  ) {}

  async run(org: string, search: Search): Promise<{ csv: Readable; freshness: Freshness }> {
    const freshness = await this.tickets.freshness(this.database, org);
    // Every cell is quoted: a spreadsheet that splits at semicolons keeps a cell whole at least where it begins a field.
    const csv = await streamOf(this.rows(org, search), stringify({ header: true, bom: true, quoted: true, columns: [...COLUMNS] }));
    return { csv, freshness };
  }

  private async *rows(org: string, search: Search): AsyncGenerator<string[]> {
    for (let after: { at: string; id: string } | undefined; ;) {
      const { tickets } = await this.tickets.page(this.database, org, search, after, PAGE);
      for (const row of tickets) yield COLUMNS.map((column) => inertCell(row[column]));
      const last = tickets.at(-1);
      if (tickets.length < PAGE || !last) return;
      after = { at: last.registeredAt ?? '', id: last.id };
    }
  }
}
