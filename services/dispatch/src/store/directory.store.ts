import { Injectable } from '@nestjs/common';
import { type EntryKind } from '@gongdan/directory';
import { type Cause, type Instant } from '@gongdan/kernel';
import { type Queries, type Tx } from '@gongdan/platform';
import { type Change } from '../domain/directory/changes.js';
import { type OrgPart } from '../domain/directory/pack-org.js';

export interface EntryRow {
  id: string;
  version: number;
  value: Record<string, unknown>;
}

export interface AuditRow {
  n: number;
  at: string;
  byId: string;
  byName: string | null;
  kind: EntryKind;
  id: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

export interface EntryFilter {
  /** Memberships of a person, or of a unit. */
  person?: string | undefined;
  unit?: string | undefined;
  /** Units directly under a unit, or at a level. */
  parent?: string | undefined;
  level?: string | undefined;
}

const SAVE = `
  with changes as (
    select * from jsonb_to_recordset($2::jsonb) as c (kind text, id text, before jsonb, after jsonb, n int)
  ), raised as (
    update directory_versions set version = version + 1 where org = $1 returning version
  ), audited as (
    insert into directory_audit (org, at, by_id, by_name, kind, id, before, after) select $1, $3, $4, $5, kind, id, before, after from changes order by n
  )
  insert into directory_entries as e (org, kind, id, version, changed, entry)
  select $1, c.kind, c.id, 1, r.version, c.after from changes c, raised r
  on conflict (org, kind, id) do update set version = e.version + 1, changed = excluded.changed, entry = excluded.entry
  returning kind, id, version`;

const LIST = `
  select id, version, entry as value from directory_entries
  where org = $1 and kind = $2 and entry is not null and id > $3
    and ($5::text is null or split_part(id, ' ', 1) = $5) and ($6::text is null or split_part(id, ' ', 2) = $6)
    and ($7::text is null or entry->>'parent' = $7) and ($8::text is null or entry->>'level' = $8)
  order by id limit $4`;

/** The directory of an organisation: its entries, their versions, and who changed them. `DirectorySnapshots` answers questions about it. */
@Injectable()
export class DirectoryStore {
  /** Everybody who changes the directory of an organisation takes turns. */
  async lock(tx: Tx, org: string, { dryRun = false } = {}): Promise<void> {
    if (!dryRun) await tx.run('insert into directory_versions (org, version) values ($1, 0) on conflict do nothing', [org]);
    await tx.run('select 1 from directory_versions where org = $1 for update', [org]);
  }

  get(q: Queries, org: string, kind: EntryKind, id: string): Promise<EntryRow | undefined> {
    return q.one<EntryRow>(
      'select id, version, entry as value from directory_entries where org = $1 and kind = $2 and id = $3 and entry is not null',
      [org, kind, id],
    );
  }

  list(q: Queries, org: string, kind: EntryKind, filter: EntryFilter, limit: number, after = ''): Promise<EntryRow[]> {
    const { person, unit, parent, level } = filter;
    return q.rows<EntryRow>(LIST, [org, kind, after, limit, person ?? null, unit ?? null, parent ?? null, level ?? null]);
  }

  /** Writes changes with their audit, and raises the version of the directory. Each entry occurs once. Returns the new versions by kind and id. */
  async save(tx: Tx, org: string, changes: readonly Change[], at: Instant, by: Cause['actor']): Promise<Map<string, number>> {
    const rows = changes.map(({ entry: { kind, id, value }, before }, n) => ({
      kind,
      id,
      n,
      before: before ?? null,
      after: value ?? null,
    }));
    const saved = await tx.rows<{ kind: string; id: string; version: number }>(SAVE, [
      org,
      JSON.stringify(rows),
      at,
      by.id,
      by.name ?? null,
    ]);
    return new Map(saved.map(({ kind, id, version }) => [`${kind} ${id}`, version]));
  }

  /** Newest first. */
  audit(
    q: Queries,
    org: string,
    about: { kind?: string | undefined; id?: string | undefined },
    limit: number,
    before?: number,
  ): Promise<AuditRow[]> {
    return q.rows<AuditRow>(
      `select n, at, by_id as "byId", by_name as "byName", kind, id, before, after from directory_audit
       where org = $1 and ($2::text is null or kind = $2) and ($3::text is null or id = $3) and ($4::bigint is null or n < $4)
       order by n desc limit $5`,
      [org, about.kind ?? null, about.id ?? null, before ?? null, limit],
    );
  }

  /** Roles that the packs in force declare (format 2); unreadable packs included, because nothing of theirs is run here. */
  async rolesOfPacks(q: Queries, org: string): Promise<string[]> {
    const rows = await q.rows<{ role: string }>(
      `select distinct role from (
         select distinct on (key) pack from packs_in_force where org = $1 order by key, version desc
       ) newest, lateral jsonb_object_keys(case when jsonb_typeof(pack->'pack'->'roles') = 'object' then pack->'pack'->'roles' else '{}'::jsonb end) as role`,
      [org],
    );
    return rows.map((r) => r.role);
  }

  /** The `org` part of a published pack of format 1; undefined when it has none. */
  async orgPart(q: Queries, org: string, key: string, version: number): Promise<OrgPart | undefined> {
    const row = await q.one<{ org: OrgPart | null }>(
      `select pack->'org' as org from packs_in_force where org = $1 and key = $2 and version = $3 and jsonb_typeof(pack->'org'->'units') = 'array'`,
      [org, key, version],
    );
    return row?.org ?? undefined;
  }

  /** Organisations with packs that were published before there was a directory. */
  async withoutDirectory(q: Queries): Promise<string[]> {
    const rows = await q.rows<{ org: string }>(
      'select distinct org from packs_in_force p where not exists (select 1 from directory_versions v where v.org = p.org)',
    );
    return rows.map((r) => r.org);
  }
}
