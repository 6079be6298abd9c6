import { Injectable } from '@nestjs/common';
import { type Entry } from '@gongdan/directory';
import { type Actor, type Cause, type Instant } from '@gongdan/kernel';
import { DirectoryRegistry, DirectorySnapshots, eventOf, Outbox } from '@gongdan/messaging';
import { ROLES } from '@gongdan/packs';
import { type Tx } from '@gongdan/platform';
import { type Change, DirectoryDraft, type Mistake } from '../../domain/directory/changes.js';
import { parentsFirst } from '../../domain/directory/csv-entries.js';
import { goneBy } from '../../domain/directory/departures.js';
import { DirectoryStore } from '../../store/directory.store.js';
import { RequeueStore } from '../../store/work/requeue.store.js';
import { SealedContacts, type StaffContact } from '../../store/sealed-contacts.js';

/** A row of the file: an entry, or why it is none. */
export type FileRow = { line: number } & ({ entry: Entry; contact?: StaffContact | undefined } | { mistake: Mistake });

export interface ImportOutcome {
  created: number;
  changed: number;
  unchanged: number;
  refused: (Mistake & { line: number })[];
}

/** Applies the rows of a file that are right, in one transaction, and says of every other row what is wrong. A dry run applies none. */
@Injectable()
export class ImportEntries {
  constructor(
    private readonly store: DirectoryStore,
    private readonly snapshots: DirectorySnapshots,
    private readonly registry: DirectoryRegistry,
    private readonly contacts: SealedContacts,
    private readonly requeue: RequeueStore,
    private readonly outbox: Outbox,
  ) {}

  async run(tx: Tx, c: { actor: Actor; rows: readonly FileRow[]; dryRun: boolean; now: Instant; cause: Cause }): Promise<ImportOutcome> {
    const { org } = c.actor;
    await this.store.lock(tx, org, c);
    const { entries } = await this.snapshots.at(tx, org);
    const draft = new DirectoryDraft(entries, new Set([...ROLES, ...(await this.store.rolesOfPacks(tx, org))]));
    const outcome: ImportOutcome = { created: 0, changed: 0, unchanged: 0, refused: [] };
    const changes: Change[] = [];
    const refuse = (line: number, mistake: Mistake): void => void outcome.refused.push({ line, ...mistake });
    const readable = c.rows.flatMap((row) => {
      if ('entry' in row) return [row];
      refuse(row.line, row.mistake);
      return [];
    });
    const { ordered, circular } = parentsFirst(this.onlyOnce(readable, refuse));
    for (const { line } of circular)
      refuse(line, { code: 'dispatch/unit-cycle', pointer: '/parent', detail: 'the parents of the unit form a cycle' });
    for (const row of ordered) {
      const entry = this.withContact(org, row.entry, row.contact, draft);
      const done = draft.change(entry);
      if ('mistake' in done) refuse(row.line, done.mistake);
      else if (done.changes.length === 0) outcome.unchanged += 1;
      else {
        outcome[done.changes[0]?.before === undefined ? 'created' : 'changed'] += 1;
        changes.push(...done.changes);
      }
    }
    outcome.refused.sort((a, b) => a.line - b.line);
    if (c.dryRun || changes.length === 0) return outcome;
    await this.store.save(tx, org, changes, c.now, c.cause.actor);
    this.registry.changed(tx, org);
    await this.requeue.fill(tx, org, goneBy(changes, c.now));
    await this.outbox.append(
      tx,
      changes.map(({ entry }) => eventOf(org, entry, c.now)),
      c.cause,
    );
    return outcome;
  }

  private onlyOnce<T extends { line: number; entry: Entry }>(rows: readonly T[], refuse: (line: number, mistake: Mistake) => void): T[] {
    const first = new Map<string, number>();
    return rows.filter(({ line, entry }) => {
      const before = first.get(entry.id);
      if (before === undefined) first.set(entry.id, line);
      else
        refuse(line, { code: 'dispatch/entry-twice', pointer: '', detail: `${entry.kind} ${entry.id} stands in line ${before} already` });
      return before === undefined;
    });
  }

  private withContact(org: string, entry: Entry, contact: StaffContact | undefined, draft: DirectoryDraft): Entry {
    if (entry.kind !== 'person' || entry.value === undefined) return entry;
    const contactSealed = this.contacts.seal(org, entry.id, contact ?? {}, draft.get('person', entry.id)?.contactSealed);
    return { ...entry, value: { ...entry.value, ...(contactSealed === undefined ? {} : { contactSealed }) } };
  }
}
