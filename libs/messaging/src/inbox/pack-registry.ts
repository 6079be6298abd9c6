import { dispatch, type EventOf } from '@gongdan/contracts';
import { type Pack, PackCache } from '@gongdan/packs';
import { type Database, migration, type Row, type Tx } from '@gongdan/platform';

/** The packs this service received from dispatch. Orders 20 to 29. */
export const packRegistryMigrations = [
  migration(
    20,
    'PackShelf',
    `
    create table heard_packs (
      n bigint generated always as identity unique,
      org text not null, key text not null, version int not null, digest text not null, pack json not null,
      primary key (org, key, version)
    );`,
  ),
  migration(
    21,
    'KnownPacks',
    `alter table heard_packs rename to known_packs;
    -- Replicas of the version before this one read and write the old name while an update rolls.
    create view heard_packs as select n, org, key, version, digest, pack from known_packs;`,
  ),
];

interface PackHead extends Row {
  n: number;
  org: string;
  key: string;
  version: number;
}

/** A version of a pack. */
export interface PackVersion {
  key: string;
  version: number;
}

/** How often a replica looks for packs that another replica received. */
const REFRESH_MS = 5_000;

/**
 * The packs a service works by, stored in its own database from the events of dispatch. In memory is only which version is the newest of each key;
 * a pack is loaded when it is first needed and kept in a cache of limited size (`PackCache`). It was checked when dispatch published it and is never checked
 * again, only read by its format. A ticket finishes on the version it began with, so no version is ever deleted.
 */
export class PackRegistry {
  private readonly newest = new Map<string, PackVersion>();
  private readonly firstKey = new Map<string, string>();
  private seen = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly cache: PackCache = new PackCache(),
  ) {}

  async start(): Promise<void> {
    await this.refresh();
    this.timer = setInterval(() => void this.refresh().catch(() => undefined), REFRESH_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Stores published packs in the transaction of their event. */
  async add(tx: Tx, events: readonly EventOf<typeof dispatch.PackPublished>[]): Promise<void> {
    for (const e of events) {
      await tx.run('insert into known_packs (org, key, version, digest, pack) values ($1, $2, $3, $4, $5) on conflict do nothing', [
        e.org,
        e.data.key,
        e.data.version,
        e.data.digest,
        JSON.stringify(e.data.pack),
      ]);
    }
    tx.afterCommit(() => void this.refresh().catch(() => undefined));
  }

  /** The version in force for new tickets; without a key, of the first pack the organisation ever published. Does not load it. */
  current(org: string, key?: string): PackVersion | undefined {
    const wanted = key ?? this.firstKey.get(org);
    return wanted === undefined ? undefined : this.newest.get(`${org}|${wanted}`);
  }

  /**
   * The pack in force for new tickets; undefined when the organisation has none of that key. Throws `Unavailable('packs/unreadable')` when it cannot be
   * read; an older version does not stand in for it, because tickets would then follow a process that was replaced.
   */
  async inForce(org: string, key?: string): Promise<{ pack: Pack; version: number } | undefined> {
    const at = this.current(org, key);
    const pack = at && (await this.get(org, at.key, at.version));
    return pack && at ? { pack, version: at.version } : undefined;
  }

  /** The version a ticket began with; undefined when it has not arrived here yet. Throws `Unavailable('packs/unreadable')` when it cannot be read. */
  async get(org: string, key: string, version: number): Promise<Pack | undefined> {
    return this.cache.get(`${org}|${key}|${version}`, async () => {
      const row = await this.database.one<{ pack: string }>(
        'select pack::text as pack from known_packs where org = $1 and key = $2 and version = $3',
        [org, key, version],
      );
      return row?.pack;
    });
  }

  private async refresh(): Promise<void> {
    // Reads again from a little before the last number: a row with a smaller number may be committed later (a plain cursor over a sequence loses rows).
    const heads = await this.database.rows<PackHead>('select n, org, key, version from known_packs where n > $1 order by n', [
      this.seen - 100,
    ]);
    for (const { n, org, key, version } of heads) {
      const newest = this.newest.get(`${org}|${key}`);
      if (!newest || newest.version < version) this.newest.set(`${org}|${key}`, { key, version });
      if (!this.firstKey.has(org)) this.firstKey.set(org, key);
      this.seen = Math.max(this.seen, n);
    }
  }
}
