import { dispatch, type EventOf } from '@gongdan/contracts';
import { type Pack, parsePack } from '@gongdan/packs';
import { type Database, migration, type Row, type Tx } from '@gongdan/platform';

/** Packs as this service heard them. Order 20. */
export const packRegistryMigration = migration(
  20,
  'PackShelf',
  `
  create table heard_packs (
    n bigint generated always as identity unique,
    org text not null, key text not null, version int not null, digest text not null, pack json not null,
    primary key (org, key, version)
  );
`,
);

interface PackRow extends Row {
  n: number;
  org: string;
  key: string;
  version: number;
  pack: unknown;
}

const idOfPack = (org: string, key: string, version: number): string => `${org}|${key}|${version}`;

/**
 * The packs a service works by: kept in its own database from the events of dispatch, held parsed in memory. A ticket finishes on the
 * version it started with, so versions are never forgotten; `current` is the newest of its key.
 */
export class PackRegistry {
  private readonly packs = new Map<string, Pack>();
  private readonly newest = new Map<string, { key: string; version: number }>();
  private readonly firstKey = new Map<string, string>();
  private seen = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly database: Database) {}

  async start(): Promise<void> {
    await this.look();
    // Another replica may have heard a pack: one row look-up every five seconds.
    this.timer = setInterval(() => void this.look().catch(() => undefined), 5_000);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  async add(tx: Tx, events: readonly EventOf<typeof dispatch.PackPublished>[]): Promise<void> {
    for (const e of events) {
      parsePack(e.data.pack);
      await tx.run('insert into heard_packs (org, key, version, digest, pack) values ($1, $2, $3, $4, $5) on conflict do nothing', [
        e.org,
        e.data.key,
        e.data.version,
        e.data.digest,
        JSON.stringify(e.data.pack),
      ]);
    }
    tx.afterCommit(() => void this.look().catch(() => undefined));
  }

  /** The pack in force for new tickets; without a key, the first pack the organisation ever published. */
  current(org: string, key?: string): { pack: Pack; version: number } | undefined {
    const wanted = key ?? this.firstKey.get(org);
    const at = wanted === undefined ? undefined : this.newest.get(`${org}|${wanted}`);
    const pack = at && this.packs.get(idOfPack(org, at.key, at.version));
    return pack && at ? { pack, version: at.version } : undefined;
  }

  /** The pack a ticket started with; read from the database when this process has not seen it yet. */
  async get(org: string, key: string, version: number): Promise<Pack | undefined> {
    const known = this.packs.get(idOfPack(org, key, version));
    if (known) return known;
    await this.look();
    return this.packs.get(idOfPack(org, key, version));
  }

  private async look(): Promise<void> {
    // Looks a little back: a number given earlier may commit later (a plain cursor over a sequence loses rows).
    const heads = await this.database.rows<Omit<PackRow, 'pack'>>('select n, org, key, version from heard_packs where n > $1 order by n', [
      this.seen - 100,
    ]);
    const fresh = heads.filter((h) => !this.packs.has(idOfPack(h.org, h.key, h.version)));
    if (fresh.length === 0) return;
    const rows = await this.database.rows<PackRow>(
      'select n, org, key, version, pack from heard_packs where n = any($1::bigint[]) order by n',
      [fresh.map((h) => h.n)],
    );
    for (const row of rows) {
      this.packs.set(idOfPack(row.org, row.key, row.version), parsePack(row.pack));
      const newest = this.newest.get(`${row.org}|${row.key}`);
      if (!newest || newest.version < row.version) this.newest.set(`${row.org}|${row.key}`, { key: row.key, version: row.version });
      if (!this.firstKey.has(row.org)) this.firstKey.set(row.org, row.key);
      this.seen = Math.max(this.seen, row.n);
    }
  }
}
