import { Injectable } from '@nestjs/common';
import { NotFound } from '@gongdan/kernel';
import { type Pack, type Person, type Unit } from '@gongdan/packs';
import { type Queries } from '@gongdan/platform';
import { type PackRow, PacksStore } from '../../store/packs.store.js';

export interface UnitRow extends Unit {
  pack: string;
}

/** Reads the packs in force, one pack, and the units of all packs in force. */
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

  async units(q: Queries, org: string): Promise<UnitRow[]> {
    return (await this.all(q, org)).flatMap(({ row, pack }) => pack?.org.units.map((u) => ({ ...u, pack: row.key })) ?? []);
  }

  /** The people of a unit; throws NotFound for a unit that no pack in force declares. */
  async people(q: Queries, org: string, unit: string): Promise<Person[]> {
    const packs = (await this.all(q, org)).flatMap(({ pack }) => pack ?? []);
    if (!packs.some((p) => p.org.units.some((u) => u.key === unit))) throw new NotFound('dispatch/no-unit');
    const people = packs.flatMap((p) => p.org.people.filter((one) => one.units.includes(unit)));
    return [...new Map(people.map((one) => [one.id, one])).values()];
  }
}
