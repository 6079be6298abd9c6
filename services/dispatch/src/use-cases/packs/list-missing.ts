import { Injectable } from '@nestjs/common';
import { type Instant } from '@gongdan/kernel';
import { DirectorySnapshots } from '@gongdan/messaging';
import { type Need, needsOf } from '@gongdan/packs';
import { type Queries } from '@gongdan/platform';
import { PacksStore } from '../../store/packs.store.js';

/** The roles of a published pack that nobody holds, and the units that it names and nobody has. */
@Injectable()
export class ListMissing {
  constructor(
    private readonly packs: PacksStore,
    private readonly directories: DirectorySnapshots,
  ) {}

  async run(q: Queries, org: string, ref: { key: string; version: number }, now: Instant): Promise<{ roles: Need[]; units: Need[] }> {
    const needs = needsOf(await this.packs.get(q, org, ref));
    const directory = await this.directories.directory(q, org);
    return {
      roles: needs.roles.filter((r) => !directory.isHeld(r.key, now)),
      units: needs.units.filter((u) => directory.successorOf(u.key, now) === undefined),
    };
  }
}
