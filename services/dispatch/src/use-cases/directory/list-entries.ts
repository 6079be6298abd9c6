import { Injectable } from '@nestjs/common';
import { type EntryKind, ENTRY_KINDS } from '@gongdan/directory';
import { type Actor, NotFound } from '@gongdan/kernel';
import { hasRight, type Queries } from '@gongdan/platform';
import { type AuditRow, DirectoryStore, type EntryFilter, type EntryRow } from '../../store/directory.store.js';
import { SealedContacts } from '../../store/sealed-contacts.js';

export type { EntryRow } from '../../store/directory.store.js';

/** Reads entries of the directory. Contacts of people are opened only for those who may change them. */
@Injectable()
export class ListEntries {
  constructor(
    private readonly store: DirectoryStore,
    private readonly contacts: SealedContacts,
  ) {}

  async one(q: Queries, actor: Actor, kind: EntryKind, id: string): Promise<EntryRow> {
    const row = await this.store.get(q, actor.org, kind, id);
    if (row === undefined) throw new NotFound('dispatch/no-entry');
    return this.shown(actor, kind, row);
  }

  async page(q: Queries, actor: Actor, kind: EntryKind, filter: EntryFilter, limit: number, after?: string): Promise<EntryRow[]> {
    return (await this.store.list(q, actor.org, kind, filter, limit, after)).map((row) => this.shown(actor, kind, row));
  }

  /** Everything of a kind, by id, in pages. */
  async *all(q: Queries, actor: Actor, kind: EntryKind): AsyncGenerator<EntryRow> {
    for (let after: string | undefined = ''; after !== undefined;) {
      const rows: EntryRow[] = await this.page(q, actor, kind, {}, 1_000, after);
      yield* rows;
      after = rows.at(-1)?.id;
    }
  }

  async audit(
    q: Queries,
    actor: Actor,
    about: { kind?: string | undefined; id?: string | undefined },
    limit: number,
    before?: number,
  ): Promise<AuditRow[]> {
    const rows = await this.store.audit(q, actor.org, about, limit, before);
    return rows.map((row) => ({ ...row, before: this.opened(actor, row, row.before), after: this.opened(actor, row, row.after) }));
  }

  private opened(actor: Actor, row: AuditRow, value: Record<string, unknown> | null): Record<string, unknown> | null {
    if (value === null || !ENTRY_KINDS.includes(row.kind)) return value;
    return this.shown(actor, row.kind, { id: row.id, version: 0, value }).value;
  }

  private shown(actor: Actor, kind: EntryKind, row: EntryRow): EntryRow {
    if (kind !== 'person') return row;
    const { contactSealed, ...value } = row.value;
    if (!hasRight(actor.roles, 'directory:write')) return { ...row, value };
    return { ...row, value: { ...value, ...this.contacts.open(actor.org, row.id, contactSealed as string | undefined) } };
  }
}
