import { listOf, type Window } from './documents.js';

/** One event of the directory. `value` is absent when the entry was deleted. */
export interface Entry {
  kind: 'unit' | 'person' | 'membership' | 'deputy' | 'presence';
  id: string;
  at: number;
  value?: Record<string, unknown>;
}
interface Membership {
  unit: string | undefined;
  roles: readonly string[];
  capacity?: number;
}

/** A decision may have seen the directory as it was this long before: an entry is dated before its transaction ends. */
const LATE_MS = 2_000;
const ONLOOKERS: ReadonlySet<string> = new Set(['analyst', 'operator', 'admin', 'machine', 'pack-author']);

/**
 * The directory over time, from its stream alone. A decision lies in a window of time, so a question has two answers: `possibly` is true when it was so at some
 * instant of the window, `certainly` when it was so at each.
 */
export class People {
  private readonly entries = new Map<string, Entry[]>();
  private readonly places = new Map<string, Set<string>>();
  private readonly members = new Map<string, Set<string>>();
  private readonly deputies = new Set<string>();

  constructor(entries: readonly Entry[]) {
    for (const e of [...entries].sort((a, b) => a.at - b.at)) {
      const key = `${e.kind} ${e.id}`;
      this.entries.set(key, [...(this.entries.get(key) ?? []), e]);
      if (e.kind === 'deputy') this.deputies.add(e.id);
      if (e.kind !== 'membership') continue;
      const [person = '', unit = ''] = e.id.split('|');
      this.places.set(person, (this.places.get(person) ?? new Set()).add(unit));
      this.members.set(unit, (this.members.get(unit) ?? new Set()).add(person));
    }
  }

  /** The values that the entry had in the window; undefined stands for "not there". */
  private valuesOf(kind: Entry['kind'], id: string, w: Window): (Record<string, unknown> | undefined)[] {
    const all = this.entries.get(`${kind} ${id}`) ?? [];
    const from = w.from - LATE_MS;
    const before = all.filter((e) => e.at <= from).at(-1);
    return [before?.value, ...all.filter((e) => e.at > from && e.at <= w.to).map((e) => e.value)];
  }

  private activeIn(value: Record<string, unknown> | undefined, w: Window, every: boolean): boolean {
    if (value === undefined) return false;
    const from = typeof value['activeFrom'] === 'string' ? Date.parse(value['activeFrom']) : -Infinity;
    const until = typeof value['activeUntil'] === 'string' ? Date.parse(value['activeUntil']) : Infinity;
    return every ? from <= w.from && until > w.to : from <= w.to && until > w.from - LATE_MS;
  }

  possiblyActive(person: string, w: Window): boolean {
    return this.valuesOf('person', person, w).some((v) => this.activeIn(v, w, false));
  }

  certainlyActive(person: string, w: Window): boolean {
    return this.valuesOf('person', person, w).every((v) => this.activeIn(v, w, true));
  }

  /** What the person may have been in the window. */
  possible(person: string, w: Window): Membership[] {
    if (!this.possiblyActive(person, w)) return [];
    return [...(this.places.get(person) ?? [])].flatMap((unit) =>
      this.valuesOf('membership', `${person}|${unit}`, w).flatMap((v) => (v === undefined ? [] : [membershipOf(unit, v)])),
    );
  }

  /** What the person was during the whole window. */
  certain(person: string, w: Window): Membership[] {
    if (!this.certainlyActive(person, w)) return [];
    return [...(this.places.get(person) ?? [])].flatMap((unit) => {
      const values = this.valuesOf('membership', `${person}|${unit}`, w);
      const [first] = values;
      if (first === undefined || values.includes(undefined)) return [];
      const roles = values.map((v) => membershipOf(unit, v ?? {}).roles);
      return [{ ...membershipOf(unit, first), roles: (roles[0] ?? []).filter((r) => roles.every((all) => all.includes(r))) }];
    });
  }

  /** Whether the person may have been a member of the unit (with the role, which may be one of the whole organisation). */
  isMember(person: string, unit: string, role: string | undefined, w: Window): boolean {
    return this.possible(person, w).some((m) => (m.unit === unit || (m.unit === undefined && role !== undefined)) && plays(m, role));
  }

  /** Everybody who may have been a member of the unit (with the role). */
  membersOf(unit: string, role: string | undefined, w: Window, certainly = false): string[] {
    return [...(this.members.get(unit) ?? [])].filter((p) =>
      (certainly ? this.certain(p, w) : this.possible(p, w)).some((m) => m.unit === unit && plays(m, role)),
    );
  }

  /** The person and everybody for whom he may have stood in, also by way of somebody who stood in himself. The unit of the deputyship is not asked. */
  identities(person: string, w: Window): string[] {
    const found = new Set([person]);
    for (const one of found)
      for (const id of this.deputies)
        for (const v of this.valuesOf('deputy', id, w)) {
          if (v?.['deputy'] !== one || !this.possiblyActive(one, w)) continue;
          const within = Date.parse(String(v['from'])) <= w.to && Date.parse(String(v['until'])) > w.from - LATE_MS;
          const principal = String(v['person']);
          // Nobody acts for somebody who has left.
          if (within && this.possiblyActive(principal, w)) found.add(principal);
        }
    return [...found];
  }

  /** For whom he surely stood in during the whole window, and in which unit if not in all. */
  certainPrincipals(person: string, w: Window): { person: string; unit?: string }[] {
    if (!this.certainlyActive(person, w)) return [];
    return [...this.deputies].flatMap((id) => {
      const values = this.valuesOf('deputy', id, w);
      const [v] = values;
      if (v === undefined || values.length > 1 || v['deputy'] !== person || !this.certainlyActive(String(v['person']), w)) return [];
      if (Date.parse(String(v['from'])) > w.from || Date.parse(String(v['until'])) <= w.to) return [];
      return [{ person: String(v['person']), ...(typeof v['unit'] === 'string' ? { unit: v['unit'] } : {}) }];
    });
  }

  hasUnit(unit: string): boolean {
    return this.entries.has(`unit ${unit}`);
  }

  /** Whether the unit may have been open in the window. */
  isOpen(unit: string, w: Window): boolean {
    return this.valuesOf('unit', unit, w).some(
      (v) => v !== undefined && !(typeof v['closedAt'] === 'string' && Date.parse(v['closedAt']) <= w.from - LATE_MS),
    );
  }

  isCertainlyOpen(unit: string, w: Window): boolean {
    return this.valuesOf('unit', unit, w).every(
      (v) => v !== undefined && !(typeof v['closedAt'] === 'string' && Date.parse(v['closedAt']) <= w.to),
    );
  }

  parentOf(unit: string): string | undefined {
    const parent = this.entries.get(`unit ${unit}`)?.at(-1)?.value?.['parent'];
    return typeof parent === 'string' ? parent : undefined;
  }

  ancestorsOf(unit: string): string[] {
    const parent = this.parentOf(unit);
    return parent === undefined ? [] : [parent, ...this.ancestorsOf(parent)];
  }

  unitByCode(code: string, level: string | undefined): string | undefined {
    for (const [key, entries] of this.entries) {
      if (!key.startsWith('unit ') || entries.at(-1)?.value?.['code'] !== code) continue;
      const unit = key.slice('unit '.length);
      const chain = [unit, ...this.ancestorsOf(unit)];
      return level === undefined ? unit : chain.find((u) => this.entries.get(`unit ${u}`)?.at(-1)?.value?.['level'] === level);
    }
    return undefined;
  }

  capacityOf(person: string, unit: string): number | undefined {
    const value = this.entries.get(`membership ${person}|${unit}`)?.at(-1)?.value?.['capacity'];
    return typeof value === 'number' ? value : undefined;
  }
}

function membershipOf(unit: string, value: Record<string, unknown>): Membership {
  return { unit: unit === '' ? undefined : unit, roles: listOf(value['roles'] as string[]) };
}

// Somebody who only looks on is no hand of the unit.
function plays(m: Membership, role: string | undefined): boolean {
  return role === undefined ? m.roles.some((r) => !ONLOOKERS.has(r)) : m.roles.includes(role);
}
