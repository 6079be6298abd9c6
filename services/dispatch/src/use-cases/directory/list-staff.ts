import { Injectable } from '@nestjs/common';
import { type DirectoryUnit } from '@gongdan/directory';
import { type Instant, NotFound } from '@gongdan/kernel';
import { DirectorySnapshots } from '@gongdan/messaging';
import { type Queries } from '@gongdan/platform';

/** A person as a list of receivers shows him. */
export interface StaffRow {
  id: string;
  name: string;
  units: string[];
  roles: string[];
}

/** The units that take work, and who works in them: what a person chooses a receiver from. */
@Injectable()
export class ListStaff {
  constructor(private readonly snapshots: DirectorySnapshots) {}

  async units(
    q: Queries,
    org: string,
    now: Instant,
  ): Promise<Pick<DirectoryUnit, 'key' | 'names' | 'code' | 'parent' | 'level' | 'email'>[]> {
    const directory = await this.snapshots.directory(q, org);
    const open = directory.units.all().filter((u) => directory.isOpen(u.key, now));
    return open.map(({ key, names, code, parent, level, email }) => ({
      key,
      names,
      ...(code === undefined ? {} : { code }),
      ...(parent === undefined ? {} : { parent }),
      ...(level === undefined ? {} : { level }),
      ...(email === undefined ? {} : { email }),
    }));
  }

  async people(q: Queries, org: string, unit: string, now: Instant): Promise<StaffRow[]> {
    const directory = await this.snapshots.directory(q, org);
    if (directory.unit(unit) === undefined) throw new NotFound('dispatch/no-unit');
    return directory.membersOf(unit, now).map((id) => ({
      id,
      name: directory.person(id)?.name ?? id,
      units: directory.unitsOf(id, now),
      roles: directory.rolesOf(id, unit, now),
    }));
  }
}
