import { Injectable } from '@nestjs/common';
import { NotFound } from '@gongdan/kernel';
import { type Pack } from '@gongdan/packs';
import { type Queries } from '@gongdan/platform';
import { type PackRow, PacksStore } from '../../store/packs.store.js';

/** Reads the packs in force, and one pack. */
@Injectable()
export class ListPacks {
  constructor(private readonly packs: PacksStore) {}

  /** The newest version of each key; without `pack` when this release cannot read it. */
  async all(q: Queries, org: string): Promise<{ row: PackRow; pack: Pack | undefined }[]> {
    const rows = await this.packs.inForce(q, org);
    return Promise.all(rows.map(async (row) => ({ row, pack: await this.packs.getReadable(q, org, row) })));
  }

  async one(q: Queries, org: string, key: string, version?: number): Promise<{ row: PackRow; pack: Pack }> {
    const row = version === undefined ? await this.packs.newest(q, org, key) : await this.packs.version(q, org, key, version);
    if (row === undefined) throw new NotFound('dispatch/no-pack');
    return { row, pack: await this.packs.get(q, org, row) };
  }
}
