import { Injectable } from '@nestjs/common';
import { type Queries, type Tx } from '@gongdan/platform';
import { type FieldRoles } from '../domain/field-sight.js';

/** What figures need of one version of a pack. */
export interface PackRow {
  org: string;
  key: string;
  version: number;
  /** Null when the pack names no zone. */
  zone: string | null;
  attributes: readonly string[];
  /** Undefined for a pack that was published before reporting kept them. */
  fieldRoles: FieldRoles | undefined;
  publishedAt: string;
}

@Injectable()
export class PacksStore {
  async save(tx: Tx, packs: readonly PackRow[]): Promise<void> {
    await tx.run(
      `insert into pack_rows (org, key, version, zone, attributes, field_roles, published_at)
       select org, key, version, zone, attributes, "fieldRoles", "publishedAt"
       from json_to_recordset($1::json) as r (org text, key text, version int, zone text, attributes text[], "fieldRoles" json, "publishedAt" timestamptz)
       on conflict (org, key, version) do update
       set zone = excluded.zone, attributes = excluded.attributes, field_roles = excluded.field_roles, published_at = excluded.published_at`,
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

  /** The fields that some roles see only, by `key version` of the pack. */
  async fieldRoles(
    q: Queries,
    org: string,
    packs: readonly { key: string; version: number }[],
  ): Promise<Map<string, FieldRoles | undefined>> {
    if (packs.length === 0) return new Map();
    const rows = await q.rows<{ pack: string; roles: FieldRoles | null }>(
      `select key || ' ' || version as pack, field_roles as roles from pack_rows
       where org = $1 and (key, version) in (select * from unnest($2::text[], $3::int[]))`,
      [org, packs.map((p) => p.key), packs.map((p) => p.version)],
    );
    return new Map(rows.map((r) => [r.pack, r.roles ?? undefined]));
  }

  /** Attributes that a ticket of any pack version of the organisation may have. */
  async attributes(q: Queries, org: string): Promise<string[]> {
    const rows = await q.rows<{ key: string }>('select distinct unnest(attributes) as key from pack_rows where org = $1 order by 1', [org]);
    return rows.map((row) => row.key);
  }
}
