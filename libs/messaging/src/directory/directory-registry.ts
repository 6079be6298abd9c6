import { type Directory } from '@gongdan/directory';
import { type Database, Directories, type Tx } from '@gongdan/platform';
import { type DirectoryEvent, entryOf } from './directory-events.js';
import { DirectorySnapshots } from './directory-snapshots.js';

/** How old an answer may be: another replica may have received a change. */
const FRESH_MS = 1_000;

// The version of the organisation is raised by the same statement that writes what changed: its row is the lock under which versions commit in order.
const HEAR = `
  with raised as (
    insert into directory_versions as v (org, version) values ($1, 1) on conflict (org) do update set version = v.version + 1 returning version
  )
  insert into directory_entries as e (org, kind, id, version, changed, entry)
  select $1, n.kind, n.id, n.version, r.version, n.entry
  from jsonb_to_recordset($2::jsonb) as n (kind text, id text, version int, entry jsonb), raised r
  on conflict (org, kind, id) do update set version = excluded.version, changed = excluded.changed, entry = excluded.entry`;

/**
 * The directories of the organisations, for services that do not own them: stored in the service's own database from the events of dispatch, and as old
 * as the bus makes them.
 */
export class DirectoryRegistry extends Directories {
  private changes = 0;
  private readonly readAt = new Map<string, { at: number; directory: Directory }>();

  constructor(
    private readonly database: Database,
    private readonly snapshots = new DirectorySnapshots(),
  ) {
    super();
  }

  /** Stores changes in the transaction of their events. */
  async add(tx: Tx, events: readonly DirectoryEvent[]): Promise<void> {
    const byOrg = new Map<string, Map<string, object>>();
    for (const event of events) {
      const { kind, id, value } = entryOf(event);
      const entries = byOrg.get(event.org) ?? new Map<string, object>();
      byOrg.set(event.org, entries);
      // One statement cannot write a row twice: of several changes in a batch the last one counts.
      entries.set(`${kind} ${id}`, { kind, id, version: event.seq, entry: value ?? null });
    }
    // In one order everywhere, so that two batches do not wait for each other.
    for (const org of [...byOrg.keys()].sort()) await tx.run(HEAR, [org, JSON.stringify([...(byOrg.get(org)?.values() ?? [])])]);
    for (const org of byOrg.keys()) this.changed(tx, org);
  }

  /** The directory changes in this transaction: the next answer of this process is newer than its commit. */
  changed(tx: Tx, org: string): void {
    tx.afterCommit(() => {
      this.changes += 1;
      this.readAt.delete(org);
    });
  }

  /** The directory as it was at most a second ago. Empty for an organisation that has none. */
  override async of(org: string): Promise<Directory> {
    const read = this.readAt.get(org);
    if (read !== undefined && performance.now() - read.at < FRESH_MS) return read.directory;
    const changes = this.changes;
    const at = performance.now();
    const directory = await this.snapshots.directory(this.database, org);
    // A change that was committed while this was read must not be hidden for a second.
    if (changes !== this.changes) return directory;
    if (this.readAt.size > 1_000) this.readAt.clear();
    this.readAt.set(org, { at, directory });
    return directory;
  }
}
