import { type Instant } from '@gongdan/kernel';
import { Deputies, type Principal } from './deputies.js';
import { type Coordinates, type DirectoryPerson, type DirectoryRows, type DirectoryUnit, type Membership, type Presence } from './rows.js';
import { onShift } from './shift.js';
import { type Near, put, Units } from './units.js';

/** Zone of shifts of a unit that names none, nor any unit above it. */
const DEFAULT_ZONE = 'Asia/Shanghai';

/**
 * An index over the directory of one organisation at one version. It never changes: a newer version is a new index. Every question is answered from a
 * map, so that routing can ask thousands of times a second. All people it names are active at the instant asked about; leavers are nowhere.
 */
export class Directory {
  readonly units: Units;
  private readonly persons = new Map<string, DirectoryPerson>();
  private readonly ofPerson = new Map<string, Membership[]>();
  private readonly ofUnit = new Map<string, Membership[]>();
  private readonly holders = new Map<string, Membership[]>();
  private readonly presence = new Map<string, Presence>();
  private readonly deputies: Deputies;
  private readonly deleted: ReadonlySet<string>;

  private constructor(
    rows: DirectoryRows,
    private readonly zone: string,
  ) {
    this.units = new Units(rows.units);
    this.deleted = new Set(rows.deleted);
    for (const p of rows.people) this.persons.set(p.id, p);
    for (const m of [...rows.memberships].sort((a, b) => compare(a.person, b.person) || compare(a.unit ?? '', b.unit ?? ''))) {
      put(this.ofPerson, m.person, m);
      put(this.ofUnit, m.unit ?? '', m);
      for (const role of new Set(m.roles)) put(this.holders, `${m.unit ?? ''}\n${role}`, m);
    }
    for (const p of rows.presence ?? []) this.presence.set(p.person, p);
    this.deputies = new Deputies(rows.deputies ?? [], (person, at) => this.isActive(person, at));
  }

  /** Builds the index. It accepts rows that do not fit each other yet: what names an unknown person or unit is found by nobody. */
  static of(rows: DirectoryRows, options: { zone?: string } = {}): Directory {
    return new Directory(rows, options.zone ?? DEFAULT_ZONE);
  }

  static readonly empty = Directory.of({ units: [], people: [], memberships: [] });

  // ── Units ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  unit(key: string): DirectoryUnit | undefined {
    return this.units.get(key);
  }

  parentOf(key: string): string | undefined {
    return this.units.parentOf(key)?.key;
  }

  /** From the parent up to the root. */
  ancestorsOf(key: string): string[] {
    return this.units.ancestorsOf(key).map(keyOf);
  }

  childrenOf(key: string): string[] {
    return this.units.childrenOf(key).map(keyOf);
  }

  /** The unit and everything under it; nothing for an unknown unit. */
  subtreeOf(key: string): string[] {
    return this.units.subtreeOf(key).map(keyOf);
  }

  /** Whether the unit is the other one or under it. */
  isWithin(key: string, ancestor: string): boolean {
    return this.units.isWithin(key, ancestor);
  }

  unitsAtLevel(level: string, under?: string): string[] {
    return this.units.atLevel(level, under).map(keyOf);
  }

  /** The unit itself or the nearest one above it at the level (`of: level:city`). */
  upToLevel(key: string, level: string): string | undefined {
    return this.units.upToLevel(key, level)?.key;
  }

  unitByCode(code: string): string | undefined {
    return this.units.byCode(code)?.key;
  }

  /** Whether the unit exists and takes work. */
  isOpen(key: string, at: Instant): boolean {
    const unit = this.unit(key);
    return unit !== undefined && (unit.closedAt === undefined || at < unit.closedAt);
  }

  /** The open unit that has the work of this one: itself, or the last of its successors. Undefined when there is none. */
  successorOf(key: string, at: Instant): string | undefined {
    if (this.isOpen(key, at)) return key;
    const seen = new Set<string>();
    let next: string | undefined = key;
    while (next !== undefined && !seen.has(next)) {
      if (this.isOpen(next, at)) return next;
      seen.add(next);
      next = this.unit(next)?.successor;
    }
    return undefined;
  }

  /** Open units under a unit, at a level when one is named, nearest first; units without coordinates are left out. */
  nearest(from: Coordinates, where: { under: string; level?: string }, at: Instant): Near[] {
    return this.units.nearest(from, where.under, where.level).filter(({ unit }) => this.isOpen(unit.key, at));
  }

  // ── People ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Whoever has this id, also one who has left or has not come yet. */
  person(id: string): DirectoryPerson | undefined {
    return this.persons.get(id);
  }

  /** Whether the person was deleted. Who was never here is not. */
  isDeleted(id: string): boolean {
    return this.deleted.has(id);
  }

  isActive(person: string, at: Instant): boolean {
    const p = this.persons.get(person);
    return p !== undefined && (p.activeFrom === undefined || p.activeFrom <= at) && (p.activeUntil === undefined || at < p.activeUntil);
  }

  /** The active members of a unit, by id; those of the whole organisation are not among them. */
  membersOf(unit: string, at: Instant): string[] {
    return this.activeOf(this.ofUnit.get(unit), at);
  }

  /** The active holders of a role in a unit, by id; without a unit, those who hold it in the whole organisation. */
  membersWith(unit: string | undefined, role: string, at: Instant): string[] {
    return this.activeOf(this.holders.get(`${unit ?? ''}\n${role}`), at);
  }

  membershipsOf(person: string, at: Instant): readonly Membership[] {
    return this.isActive(person, at) ? (this.ofPerson.get(person) ?? []) : [];
  }

  /** The units an active person is a member of. */
  unitsOf(person: string, at: Instant): string[] {
    return [...new Set(this.membershipsOf(person, at).flatMap((m) => m.unit ?? []))];
  }

  /** What the person is in the unit, roles of the whole organisation included; without a unit, every role the person has anywhere. */
  rolesOf(person: string, unit: string | undefined, at: Instant): string[] {
    const here = this.membershipsOf(person, at).filter((m) => unit === undefined || m.unit === undefined || m.unit === unit);
    return [...new Set(here.flatMap((m) => m.roles))];
  }

  hasRole(person: string, role: string, unit: string | undefined, at: Instant): boolean {
    return this.membershipsOf(person, at).some(
      (m) => (unit === undefined || m.unit === undefined || m.unit === unit) && m.roles.includes(role),
    );
  }

  /** The unit itself or the nearest one above it where an active person holds the role. */
  climb(unit: string, role: string, at: Instant): string | undefined {
    return [unit, ...this.ancestorsOf(unit)].find((key) =>
      (this.holders.get(`${key}\n${role}`) ?? []).some((m) => this.isActive(m.person, at)),
    );
  }

  /** Whether somebody holds the role anywhere. */
  isHeld(role: string, at: Instant): boolean {
    for (const [key, members] of this.holders)
      if (key.endsWith(`\n${role}`) && members.some((m) => this.isActive(m.person, at))) return true;
    return false;
  }

  /** Active, not absent, and on shift: in the unit, or in any of the person's units when none is named. */
  available(person: string, at: Instant, unit?: string): boolean {
    if (this.isAbsent(person, at)) return false;
    const here = this.membershipsOf(person, at).filter((m) => unit === undefined || m.unit === undefined || m.unit === unit);
    return here.some((m) => m.shift === undefined || onShift(m.shift, this.zoneOf(m.unit), at));
  }

  isAbsent(person: string, at: Instant): boolean {
    const row = this.presence.get(person);
    return row?.state === 'absent' && (row.until === undefined || at < row.until);
  }

  /** Who acts for the person at this instant, for all of the work or for that in a unit. Deputies of deputies are followed, cycles end. */
  deputyOf(person: string, at: Instant, unit?: string): string | undefined {
    return this.deputies.deputyOf(person, at, unit);
  }

  /** Everybody for whom an active person may act at this instant. */
  principalsOf(person: string, at: Instant): Principal[] {
    return this.isActive(person, at) ? this.deputies.principalsOf(person, at) : [];
  }

  /** The person's level in a skill, the highest of the memberships that count for the unit; 0 without the skill. */
  skillOf(person: string, skill: string, at: Instant, unit?: string): number {
    const here = this.membershipsOf(person, at).filter((m) => unit === undefined || m.unit === undefined || m.unit === unit);
    return here.reduce((most, m) => Math.max(most, own(m.skills, skill) ?? 0), 0);
  }

  /** The most tasks the person may hold in the unit; undefined without a limit. The membership of the unit counts before that of the organisation. */
  capacityOf(person: string, unit: string, at: Instant): number | undefined {
    const members = this.membershipsOf(person, at);
    return (members.find((m) => m.unit === unit) ?? members.find((m) => m.unit === undefined))?.capacity;
  }

  private zoneOf(unit: string | undefined): string {
    return (unit === undefined ? undefined : this.units.zoneOf(unit)) ?? this.zone;
  }

  private activeOf(members: readonly Membership[] | undefined, at: Instant): string[] {
    const active: string[] = [];
    // Memberships are sorted by person, so those of one stand together.
    for (const { person } of members ?? []) if (active.at(-1) !== person && this.isActive(person, at)) active.push(person);
    return active;
  }
}

function own(record: Readonly<Record<string, number>> | undefined, key: string): number | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}

function keyOf(unit: DirectoryUnit): string {
  return unit.key;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
