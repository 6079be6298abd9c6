import { Injectable } from '@nestjs/common';
import { type Entry } from '@gongdan/directory';
import { type Actor, type Cause, Conflict, Forbidden, type Instant, NotFound, Refused } from '@gongdan/kernel';
import { DirectoryRegistry, DirectorySnapshots, eventOf, Outbox } from '@gongdan/messaging';
import { ROLES } from '@gongdan/packs';
import { type Tx } from '@gongdan/platform';
import { DirectoryDraft } from '../../domain/directory/changes.js';
import { goneBy } from '../../domain/directory/departures.js';
import { DirectoryStore } from '../../store/directory.store.js';
import { RequeueStore } from '../../store/work/requeue.store.js';
import { SealedContacts, type StaffContact } from '../../store/sealed-contacts.js';

export type { StaffContact } from '../../store/sealed-contacts.js';

export interface ChangeEntryCommand {
  actor: Actor;
  /** As it shall be; without a value it is deleted. */
  entry: Entry;
  /** Of a person, beside the value. */
  contact?: StaffContact | undefined;
  /** The version of If-Match; any other version of the entry is a conflict. */
  expectedVersion?: number | undefined;
  /** Whether the caller has directory:write; without it everybody may change his own presence. */
  mayWrite: boolean;
  now: Instant;
  cause: Cause;
}

/** Changes one entry of the directory. What is so already changes nothing. */
@Injectable()
export class ChangeEntry {
  constructor(
    private readonly store: DirectoryStore,
    private readonly snapshots: DirectorySnapshots,
    private readonly registry: DirectoryRegistry,
    private readonly contacts: SealedContacts,
    private readonly requeue: RequeueStore,
    private readonly outbox: Outbox,
  ) {}

  async run(tx: Tx, c: ChangeEntryCommand): Promise<{ version: number; created: boolean }> {
    const { org } = c.actor;
    const { kind, id } = c.entry;
    if (kind === 'presence' && id !== c.actor.id && !c.mayWrite)
      throw new Forbidden(
        'dispatch/not-yourself',
        {},
        'everybody says when he himself is absent; for others the right directory:write is needed',
      );
    await this.store.lock(tx, org);
    const current = await this.store.get(tx, org, kind, id);
    if (c.expectedVersion !== undefined && c.expectedVersion !== current?.version)
      throw new Conflict('dispatch/stale-version', { details: { seen: c.expectedVersion, version: current?.version ?? null } });
    if (c.entry.value === undefined && current === undefined) throw new NotFound('dispatch/no-entry');
    const { entries } = await this.snapshots.at(tx, org);
    const roles = kind === 'membership' ? await this.store.rolesOfPacks(tx, org) : [];
    const draft = new DirectoryDraft(entries, new Set([...ROLES, ...roles]));
    const outcome = draft.change(this.withContact(c, draft.get('person', id)?.contactSealed));
    if ('mistake' in outcome) {
      const { code, pointer, detail } = outcome.mistake;
      throw new Refused(code, { violations: [{ pointer, detail }] }, detail);
    }
    const { changes } = outcome;
    if (changes.length === 0) return { version: current?.version ?? 1, created: false };
    const versions = await this.store.save(tx, org, changes, c.now, c.cause.actor);
    this.registry.changed(tx, org);
    await this.requeue.fill(tx, org, goneBy(changes, c.now));
    await this.outbox.append(
      tx,
      changes.map(({ entry }) => eventOf(org, entry, c.now)),
      c.cause,
    );
    return { version: versions.get(`${kind} ${id}`) ?? 1, created: current === undefined };
  }

  private withContact(c: ChangeEntryCommand, before: string | undefined): Entry {
    if (c.entry.kind !== 'person' || c.entry.value === undefined) return c.entry;
    const contactSealed = this.contacts.seal(c.actor.org, c.entry.id, c.contact ?? {}, before);
    return { ...c.entry, value: { ...c.entry.value, ...(contactSealed === undefined ? {} : { contactSealed }) } };
  }
}
