import { Directory } from '@gongdan/directory';
import { type Database, Directories, logger, type Tx } from '@gongdan/platform';
import { type DirectoryEvent, entryOf } from './directory-events.js';
import { DirectorySnapshots } from './directory-snapshots.js';

/** How often a process looks for changes that another one committed. */
const REFRESH_MS = 1_000;

// The version of the organisation is raised by the same statement that writes what changed: its row is the lock under which versions commit in order.
const HEAR = `
  with raised as (
    insert into directory_versions as v (org, version) values ($1, 1) on conflict (org) do update set version = v.version + 1 returning version
  )
  insert into directory_entries as e (org, kind, id, version, changed, entry)
  select $1, n.kind, n.id, n.version, r.version, n.entry
  from jsonb_to_recordset($2::jsonb) as n (kind text, id text, version int, entry jsonb), raised r
  on conflict (org, kind, id) do update set version = excluded.version, changed = excluded.changed, entry = excluded.entry`;

const log = logger('directory');

/**
 * The directories of the organisations as who may what is judged by: at most a second older than the database, and without a statement of its own where
 * nothing changed, because every request asks. Services that do not own the directory store it here from the events of dispatch.
 */
export class DirectoryRegistry extends Directories {
  private readonly versions = new Map<string, number>();
  /** How often this process has changed an organisation since its version was read. */
  private readonly changes = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly snapshots = new DirectorySnapshots(),
  ) {
    super();
  }

  async start(): Promise<void> {
    await this.refresh();
    this.timer = setInterval(
      () => void this.refresh().catch((error) => log.warn('the directories cannot be read', { error: String(error) })),
      REFRESH_MS,
    );
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
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

  /** The directory changes in this transaction: what this process answers after its commit is newer. */
  changed(tx: Tx, org: string): void {
    tx.afterCommit(() => void this.changes.set(org, (this.changes.get(org) ?? 0) + 1));
  }

  /** Empty for an organisation that has none. */
  override async of(org: string): Promise<Directory> {
    const changes = this.changes.get(org);
    if (changes !== undefined) {
      const { version, directory } = await this.snapshots.at(this.database, org);
      this.versions.set(org, Math.max(version, this.versions.get(org) ?? 0));
      // Not before it was read: another request at the same time must not be answered with the old one. A change since then is read by the next.
      if (this.changes.get(org) === changes) this.changes.delete(org);
      return directory;
    }
    const version = this.versions.get(org);
    return version === undefined ? Directory.empty : this.snapshots.directory(this.database, org, version);
  }

  private async refresh(): Promise<void> {
    const rows = await this.database.rows<{ org: string; version: number }>('select org, version from directory_versions');
    for (const { org, version } of rows) this.versions.set(org, Math.max(version, this.versions.get(org) ?? 0));
  }
}
