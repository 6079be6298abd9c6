import { Injectable } from '@nestjs/common';
import { type Queries, sqlState } from '@gongdan/platform';
import { canonicalZone } from '../domain/zone.js';
import { PacksStore } from './packs.store.js';

/** The zones in which days and months are counted. */
@Injectable()
export class ZonesStore {
  private readonly known = new Set<string>();

  constructor(private readonly packs: PacksStore) {}

  /** The zone `name` as Postgres knows it; without a name that of the pack the organisation published last, or UTC. Undefined when there is no such zone. */
  async zone(q: Queries, org: string, name: string | undefined): Promise<string | undefined> {
    const wanted = name ?? (await this.packs.zone(q, org)) ?? 'UTC';
    const canonical = canonicalZone(wanted);
    return canonical === undefined ? undefined : this.zoneFor(q, [wanted, canonical]);
  }

  /**
   * The first of these names of one zone that Postgres knows. It reads the zones of its own system, which may lack aliases (Debian moved them to
   * `tzdata-legacy`), while Intl brings its own.
   */
  private async zoneFor(q: Queries, names: readonly string[]): Promise<string | undefined> {
    for (const name of names) if (this.known.has(name) || (await this.inPostgres(q, name))) return name;
    return undefined;
  }

  private async inPostgres(q: Queries, name: string): Promise<boolean> {
    try {
      await q.run('select now() at time zone $1::text', [name]);
    } catch (error) {
      if (sqlState(error) === '22023') return false;
      throw error;
    }
    // Both take a name in any case, so callers could grow this without end.
    if (this.known.size < 2_000) this.known.add(name);
    return true;
  }
}
