import { Injectable } from '@nestjs/common';
import { NotFound } from '@gongdan/kernel';
import { type Pack, parsePack } from '@gongdan/packs';
import { type Queries, type Row, type Tx } from '@gongdan/platform';

export interface PackRow extends Row {
  key: string;
  version: number;
  digest: string;
  published_at: string;
  published_by: string;
}

interface StoredPack extends PackRow {
  pack: unknown;
}

/** A version never changes, so what was read once is kept; the oldest goes when there are too many. */
const KEPT = 200;

@Injectable()
export class PacksStore {
  private readonly read = new Map<string, Pack>();

  /** The version a case runs on; `NotFound` when this organisation never published it. */
  async get(q: Queries, org: string, ref: { key: string; version: number }): Promise<Pack> {
    const name = `${org}|${ref.key}|${ref.version}`;
    const known = this.read.get(name);
    if (known !== undefined) return known;
    const row = await q.one<StoredPack>('select pack from packs_in_force where org = $1 and key = $2 and version = $3', [
      org,
      ref.key,
      ref.version,
    ]);
    if (row === undefined) throw new NotFound('dispatch/no-pack', { details: { pack: ref } });
    const pack = parsePack(row.pack);
    const oldest = this.read.keys().next().value;
    if (this.read.size >= KEPT && oldest !== undefined) this.read.delete(oldest);
    this.read.set(name, pack);
    return pack;
  }

  /** Two publishers of one key take turns, so that versions only grow. */
  async lockKey(tx: Tx, org: string, key: string): Promise<PackRow | undefined> {
    await tx.rows('select pg_advisory_xact_lock(hashtext($1))', [`pack|${org}|${key}`]);
    return this.newest(tx, org, key);
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

  async add(tx: Tx, org: string, pack: Pack, digest: string, at: string, by: string): Promise<void> {
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
