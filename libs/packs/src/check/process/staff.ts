import { type HolderRule, listOf, type Performer, type SampleDirectoryData } from '../../format2/index.js';
import { type Located } from '../../located.js';
import { type Context, type Path } from '../context.js';

/** Roles that see a unit's work without being hands of it; the engine has the same list. */
const ONLOOKERS = new Set(['analyst', 'operator', 'admin', 'machine', 'pack-author']);

/**
 * Work that nobody of the sample directory can do: units without hands, and roles that nobody holds where they are asked for. Routing tables are left out: a sample need not have
 * people in each of forty units.
 */
export function staffMistakes(context: Context, directory: SampleDirectoryData): Located[] {
  const { process } = context.pack;
  const staff = new Staff(directory);
  const opened = [...Object.entries(process.actions).map(([k, a]) => ({ at: ['process', 'actions', k], a })), ...Object.entries(process.reactions ?? {}).map(([k, a]) => ({ at: ['process', 'reactions', k], a }))]; // prettier-ignore
  return [
    ...Object.entries(process.steps).flatMap(([key, s]) => holderMistakes(staff, s.holder, ['process', 'steps', key, 'holder'])),
    ...process.start.flatMap((r, i) => holderMistakes(staff, r.holder, ['process', 'start', i, 'holder'])),
    ...opened.flatMap(({ at, a }) =>
      [
        { list: a.do, at: [...at, 'do'] },
        { list: a.limit?.else ?? [], at: [...at, 'limit', 'else'] },
      ].flatMap((x) =>
        x.list.flatMap((e, i) => {
          if ('go' in e) return holderMistakes(staff, e.holder, [...x.at, i, 'holder']);
          if ('assign' in e) return holderMistakes(staff, e.assign, [...x.at, i, 'assign']);
          if (!('open' in e)) return [];
          return e.open.tasks.flatMap((t, j) => holderMistakes(staff, t.holder, [...x.at, i, 'open', 'tasks', j, 'holder']));
        }),
      ),
    ),
    ...Object.entries(process.actions).flatMap(([key, a]) => performerMistakes(staff, a.by, ['process', 'actions', key, 'by'])),
  ];
}

class Staff {
  private readonly parents: ReadonlyMap<string, string | undefined>;
  private readonly memberships: readonly { unit?: string | undefined; roles: readonly string[] }[];

  constructor({ units, people }: SampleDirectoryData) {
    this.parents = new Map(units.map((u) => [u.key, u.parent]));
    this.memberships = people.flatMap((p) => p.memberships);
  }

  hasUnit(unit: string): boolean {
    return this.parents.has(unit);
  }

  hasHands(unit: string): boolean {
    return this.memberships.some((m) => m.unit === unit && m.roles.some((r) => !ONLOOKERS.has(r)));
  }

  /** Somebody holds the role in the unit, in one above, or for the whole organisation; without a unit, anywhere. */
  isHeld(role: string, unit?: string): boolean {
    const above = new Set<string | undefined>([undefined]);
    for (let u = unit; u !== undefined && !above.has(u); u = this.parents.get(u)) above.add(u);
    return this.memberships.some((m) => m.roles.includes(role) && (unit === undefined || above.has(m.unit)));
  }
}

function holderMistakes(staff: Staff, rule: HolderRule | undefined, at: Path): Located[] {
  if (rule === undefined || rule === 'self') return [];
  const { unit, role, of } = rule;
  if (role !== undefined) {
    const named = typeof of === 'string' && staff.hasUnit(of) ? of : undefined;
    if (staff.isHeld(role, named)) return [];
    const where = named === undefined ? '' : ` in unit ${named} or above`;
    return [{ path: [...at, 'role'], rule: `nobody in sample-directory.yaml holds role ${role}${where}: nobody can do this task; add a person, or name another role` }];
  } // prettier-ignore
  if (typeof unit !== 'string' || !staff.hasUnit(unit) || staff.hasHands(unit)) return [];
  return [{ path: [...at, 'unit'], rule: `nobody in sample-directory.yaml works in unit ${unit}: nobody can do this task; add a person, or name another unit` }]; // prettier-ignore
}

/** Everybody whom the action admits is named by a role that nobody holds. */
function performerMistakes(staff: Staff, by: Performer | readonly Performer[], at: Path): Located[] {
  const roles = listOf<Performer>(by).map((p) => (typeof p === 'object' && 'role' in p && !('unitIn' in p) ? p.role : undefined));
  if (roles.some((r) => r === undefined || staff.isHeld(r))) return [];
  return [{ path: at, rule: `nobody in sample-directory.yaml holds role ${roles.join(', ')}: nobody can do this action; add a person, or name another role` }]; // prettier-ignore
}
