import { Injectable } from '@nestjs/common';
import { type Cause, type Instant } from '@gongdan/kernel';
import { DirectoryRegistry, DirectorySnapshots, eventOf, Outbox } from '@gongdan/messaging';
import { ROLES } from '@gongdan/packs';
import { type Queries, type Tx } from '@gongdan/platform';
import { type Change, DirectoryDraft } from '../../domain/directory/changes.js';
import { entriesOfOrg } from '../../domain/directory/pack-org.js';
import { DirectoryStore } from '../../store/directory.store.js';
import { PacksStore } from '../../store/packs.store.js';
import { SealedContacts } from '../../store/sealed-contacts.js';

/** Puts the units and people of packs of format 1 into the directory, where the directory does not have them yet. */
@Injectable()
export class FillDirectory {
  constructor(
    private readonly store: DirectoryStore,
    private readonly packs: PacksStore,
    private readonly snapshots: DirectorySnapshots,
    private readonly registry: DirectoryRegistry,
    private readonly contacts: SealedContacts,
    private readonly outbox: Outbox,
  ) {}

  /** Organisations whose packs were published by a release without a directory. */
  waiting(q: Queries): Promise<string[]> {
    return this.store.withoutDirectory(q);
  }

  /** With every pack in force; one that this release cannot read has units and people all the same. */
  async all(tx: Tx, org: string, now: Instant, cause: Cause): Promise<void> {
    await this.run(tx, { org, packs: await this.packs.inForce(tx, org), now, cause });
  }

  async run(tx: Tx, c: { org: string; packs: readonly { key: string; version: number }[]; now: Instant; cause: Cause }): Promise<void> {
    const { org, now, cause } = c;
    await this.store.lock(tx, org);
    const { entries } = await this.snapshots.at(tx, org);
    const draft = new DirectoryDraft(entries, new Set(ROLES));
    const changes: Change[] = [];
    for (const { key, version } of c.packs) {
      const part = await this.store.orgPart(tx, org, key, version);
      if (part === undefined) continue;
      for (const entry of entriesOfOrg(part, draft, (id, email) => this.contacts.seal(org, id, { email }, undefined) ?? '')) {
        const outcome = draft.change(entry);
        if ('changes' in outcome) changes.push(...outcome.changes);
      }
    }
    if (changes.length === 0) return;
    await this.store.save(tx, org, changes, now, cause.actor);
    this.registry.changed(tx, org);
    await this.outbox.append(
      tx,
      changes.map(({ entry }) => eventOf(org, entry, now)),
      cause,
    );
  }
}
