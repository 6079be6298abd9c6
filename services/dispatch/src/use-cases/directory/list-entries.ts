import { Injectable } from '@nestjs/common';
import { type EntryKind, ENTRY_KINDS } from '@gongdan/directory';
import { NotFound } from '@gongdan/kernel';
import { type Queries } from '@gongdan/platform';
import { type AuditRow, DirectoryStore, type EntryFilter, type EntryRow } from '../../store/directory.store.js';
import { SealedContacts } from '../../store/sealed-contacts.js';

export type { EntryRow } from '../../store/directory.store.js';

/** Who reads, and whether he may see contacts of people. */
export interface Reader {
  org: string;
  mayWrite: boolean;
}

/** Reads entries of the directory. Contacts of people are opened only for those who may change them. */
@Injectable()
export class ListEntries {
  constructor(
    private readonly store: DirectoryStore,
    private readonly contacts: SealedContacts,
  ) {}

  async one(q: Queries, reader: Reader, kind: EntryKind, id: string): Promise<EntryRow> {
    const row = await this.store.get(q, reader.org, kind, id);
    if (row === undefined) throw new NotFound('dispatch/no-entry');
    return this.shown(reader, kind, row);
  }

  async page(q: Queries, reader: Reader, kind: EntryKind, filter: EntryFilter, limit: number, after?: string): Promise<EntryRow[]> {
    return (await this.store.list(q, reader.org, kind, filter, limit, after)).map((row) => this.shown(reader, kind, row));
  }

  /** Everything of a kind, by id, in pages. */
  async *all(q: Queries, reader: Reader, kind: EntryKind): AsyncGenerator<EntryRow> {
    for (let after: string | undefined = ''; after !== undefined;) {
      const rows: EntryRow[] = await this.page(q, reader, kind, {}, 1_000, after);
      yield* rows;
      after = rows.at(-1)?.id;
    }
  }

  async audit(
    q: Queries,
    reader: Reader,
    about: { kind?: string | undefined; id?: string | undefined },
    limit: number,
    before?: number,
  ): Promise<AuditRow[]> {
    const rows = await this.store.audit(q, reader.org, about, limit, before);
    return rows.map((row) => ({ ...row, before: this.opened(reader, row, row.before), after: this.opened(reader, row, row.after) }));
  }

  private opened(reader: Reader, row: AuditRow, value: Record<string, unknown> | null): Record<string, unknown> | null {
    if (value === null || !ENTRY_KINDS.includes(row.kind)) return value;
    return this.shown(reader, row.kind, { id: row.id, version: 0, value }).value;
  }

  private shown(reader: Reader, kind: EntryKind, row: EntryRow): EntryRow {
    if (kind !== 'person') return row;
    const { contactSealed, ...value } = row.value;
    if (!reader.mayWrite) return { ...row, value };
    return { ...row, value: { ...value, ...this.contacts.open(reader.org, row.id, contactSealed as string | undefined) } };
  }
}
