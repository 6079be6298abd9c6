import { Injectable } from '@nestjs/common';
import { NotFound, Unavailable } from '@gongdan/kernel';
import { watchedPackCache } from '@gongdan/messaging';
import { type Pack, type PackCache } from '@gongdan/packs';
import { Metrics, type Queries, type Row, type Tx } from '@gongdan/platform';

export interface PackRow extends Row {
  key: string;
  version: number;
  digest: string;
  published_at: string;
  published_by: string;
}

/** Every published version of every pack. */
@Injectable()
export class PacksStore {
  private readonly cache: PackCache;

  constructor(metrics: Metrics) {
    this.cache = watchedPackCache(metrics);
  }

  /**
   * The version a case runs on. Throws `NotFound` when this organisation never published it, and `Unavailable('packs/unreadable')` when this release
   * cannot read it: its cases wait.
   */
  async get(q: Queries, org: string, ref: { key: string; version: number }): Promise<Pack> {
    const pack = await this.cache.get(`${org}|${ref.key}|${ref.version}`, async () => {
      const row = await q.one<{ pack: string }>(
        'select pack::text as pack from packs_in_force where org = $1 and key = $2 and version = $3',
        [org, ref.key, ref.version],
      );
      return row?.pack;
    });
    if (pack === undefined) throw new NotFound('dispatch/no-pack', { details: { pack: ref } });
    return pack;
  }

  /** The pack, or undefined when this release cannot read it. */
  async getReadable(q: Queries, org: string, ref: { key: string; version: number }): Promise<Pack | undefined> {
    try {
      return await this.get(q, org, ref);
    } catch (error) {
      if (error instanceof Unavailable) return undefined;
      throw error;
    }
  }

  /** Publishers of one organisation take turns, so that versions only grow and the quota holds. */
  async lock(tx: Tx, org: string): Promise<void> {
    await tx.rows('select pg_advisory_xact_lock(hashtext($1))', [`packs|${org}`]);
  }

  /** What the published packs of an organisation take. */
  async usage(q: Queries, org: string): Promise<{ versions: number; bytes: number }> {
    const row = await q.one<{ versions: number; bytes: number }>(
      'select count(*)::int as versions, coalesce(sum(octet_length(pack::text)), 0)::float8 as bytes from packs_in_force where org = $1',
      [org],
    );
    return { versions: row?.versions ?? 0, bytes: row?.bytes ?? 0 };
  }

  newest(q: Queries, org: string, key: string): Promise<PackRow | undefined> {
    return q.one<PackRow>(
      'select key, version, digest, published_at, published_by from packs_in_force where org = $1 and key = $2 order by version desc limit 1',
      [org, key],
    );
  }

  version(q: Queries, org: string, key: string, version: number): Promise<PackRow | undefined> {
    return q.one<PackRow>(
      'select key, version, digest, published_at, published_by from packs_in_force where org = $1 and key = $2 and version = $3',
      [org, key, version],
    );
  }

  async add(tx: Tx, org: string, pack: { pack: { key: string; version: number } }, digest: string, at: string, by: string): Promise<void> {
    await tx.run(
      'insert into packs_in_force (org, key, version, digest, pack, published_at, published_by) values ($1, $2, $3, $4, $5, $6, $7)',
      [org, pack.pack.key, pack.pack.version, digest, JSON.stringify(pack), at, by],
    );
  }

  /** The newest version of each key. */
  inForce(q: Queries, org: string): Promise<PackRow[]> {
    return q.rows<PackRow>(
      'select distinct on (key) key, version, digest, published_at, published_by from packs_in_force where org = $1 order by key, version desc',
      [org],
    );
  }
}
