import { Directory, type Entry, ENTRY_KINDS, type EntryKind, type EntryMaps, type EntryValues, rowsOf } from '@gongdan/directory';
import { migration, type Queries } from '@gongdan/platform';

/** The directory as dispatch owns it and the others hear it. Orders 20 to 29 belong to reference data. */
export const directoryMigrations = [
  migration(
    25,
    'DirectoryEntries',
    `
    -- A deleted entry stays with entry null: its version goes on counting, and replicas learn of the deletion.
    create table directory_entries (
      org text not null, kind text not null, id text not null,
      version int not null, changed bigint not null, entry jsonb,
      primary key (org, kind, id)
    );
    create index directory_entries_changed on directory_entries (org, changed);
    create index directory_entries_members on directory_entries (org, split_part(id, ' ', 2), id) where kind = 'membership' and entry is not null;
    -- One row per organisation, locked by whoever changes its directory: versions commit in their order.
    create table directory_versions (org text primary key, version bigint not null);`,
  ),
];

/** SQL: the version of the directory of `org`, to be read by the statement that locks what is decided about. */
export function directoryVersion(org: string): string {
  return `coalesce((select dv.version from directory_versions dv where dv.org = ${org}), 0)`;
}

/** A directory at a version. */
export interface Snapshot {
  version: number;
  directory: Directory;
  /** The raw entries of the newest version: whoever holds the lock of the organisation may compare with them. */
  entries: EntryMaps;
}

interface Loaded {
  version: number;
  directory: Directory;
  maps: { [K in EntryKind]: Map<string, EntryValues[K]> };
  /** Ids of deleted people. */
  deleted: Set<string>;
  weight: number;
}

const CHANGES = `
  select ${directoryVersion('$1')} as version,
    coalesce((select json_agg(json_build_object('kind', kind, 'id', id, 'value', entry)) from directory_entries where org = $1 and changed > $2), '[]') as entries`;

/** 200,000 entries take about 150 MB. */
const MOST_ENTRIES = 200_000;

/**
 * The directories of the organisations in memory, built when they are first asked for. A question reads the version first, or is told it by the caller,
 * and then only what changed since: an answer is never older than what its transaction has seen. Least recently used organisations are dropped.
 * Do not ask within a transaction after it has changed the directory itself: what is not committed would stay in memory.
 */
export class DirectorySnapshots {
  private readonly loaded = new Map<string, Loaded>();
  private weight = 0;

  constructor(private readonly most = MOST_ENTRIES) {}

  async at(q: Queries, org: string, version?: number): Promise<Snapshot> {
    const known = this.loaded.get(org);
    if (known !== undefined && version !== undefined && known.version >= version) return this.use(org, known);
    const since = known?.version ?? -1;
    const row = await q.one<{ version: number; entries: Entry[] }>(CHANGES, [org, since]);
    if (row === undefined) throw new Error('a statement without a from clause returns one row');
    // Other requests may have put a newer one here meanwhile, or have dropped it: the changes since `known` complete any that is at least as new.
    const present = this.loaded.get(org);
    if (present !== undefined && present.version >= row.version) return this.use(org, present);
    if (present === undefined && known !== undefined) return this.at(q, org, version);
    return this.use(org, applied(present, row.version, row.entries));
  }

  async directory(q: Queries, org: string, version?: number): Promise<Directory> {
    return (await this.at(q, org, version)).directory;
  }

  /** How many organisations and entries are in memory. */
  get size(): { organisations: number; entries: number } {
    return { organisations: this.loaded.size, entries: this.weight };
  }

  private use(org: string, one: Loaded): Snapshot {
    const before = this.loaded.get(org);
    this.loaded.delete(org);
    this.loaded.set(org, one);
    this.weight += one.weight - (before?.weight ?? 0);
    for (const [oldest, { weight }] of this.loaded) {
      if (this.weight <= this.most || oldest === org) break;
      this.loaded.delete(oldest);
      this.weight -= weight;
    }
    return { version: one.version, directory: one.directory, entries: one.maps };
  }
}

function applied(to: Loaded | undefined, version: number, changes: readonly Entry[]): Loaded {
  if (to !== undefined && changes.length === 0) return { ...to, version };
  const maps: Loaded['maps'] = to?.maps ?? {
    unit: new Map(),
    person: new Map(),
    membership: new Map(),
    deputy: new Map(),
    presence: new Map(),
  };
  const deleted = to?.deleted ?? new Set();
  for (const { kind, id, value } of changes) {
    const map = maps[kind] as Map<string, unknown>;
    const isDeletion = value === undefined || value === null;
    if (isDeletion) map.delete(id);
    else map.set(id, value);
    if (kind !== 'person') continue;
    if (isDeletion) deleted.add(id);
    else deleted.delete(id);
  }
  const weight = ENTRY_KINDS.reduce((sum, kind) => sum + maps[kind].size, 1 + deleted.size);
  return { version, maps, deleted, weight, directory: Directory.of({ ...rowsOf(maps), deleted: [...deleted] }) };
}
