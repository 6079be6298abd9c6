import { Injectable } from '@nestjs/common';
import { type Queries, type Tx } from '@gongdan/platform';

/** What figures need of one version of a pack. */
export interface PackRow {
  org: string;
  key: string;
  version: number;
  /** Null when the pack names no zone. */
  zone: string | null;
  attributes: readonly string[];
  publishedAt: string;
}

@Injectable()
export class PacksStore {
  async save(tx: Tx, packs: readonly PackRow[]): Promise<void> {
    await tx.run(
      `insert into pack_rows (org, key, version, zone, attributes, published_at)
       select org, key, version, zone, attributes, "publishedAt"
       from json_to_recordset($1::json) as r (org text, key text, version int, zone text, attributes text[], "publishedAt" timestamptz)
       on conflict (org, key, version) do update set zone = excluded.zone, attributes = excluded.attributes, published_at = excluded.published_at`,
      [JSON.stringify(packs)],
    );
  }

  /** The zone of the pack that the organisation published last; undefined when it published none. */
  async zone(q: Queries, org: string): Promise<string | undefined> {
    const row = await q.one<{ zone: string }>(
      'select zone from pack_rows where org = $1 and zone is not null order by published_at desc, key, version desc limit 1',
      [org],
    );
    return row?.zone;
  }

  /** Attributes that a ticket of any pack version of the organisation may have. */
  async attributes(q: Queries, org: string): Promise<string[]> {
    const rows = await q.rows<{ key: string }>('select distinct unnest(attributes) as key from pack_rows where org = $1 order by 1', [org]);
    return rows.map((row) => row.key);
  }
}
