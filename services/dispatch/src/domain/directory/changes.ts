import { type Entry, type EntryKind, type EntryMaps, type EntryValues, placeOf } from '@gongdan/directory';

// A change of the directory is one entry as it shall be. It is checked against the directory and what the same request has changed already; a mistake is
// a value, because an import refuses the row and goes on.

/** A changed entry with what it was; `value` undefined on either side: it did not exist, or does no longer. */
export interface Change {
  entry: Entry;
  before: unknown;
}

export interface Mistake {
  code: MistakeCode;
  /** Of the property that is wrong, within the entry. */
  pointer: string;
  detail: string;
}

export type MistakeCode =
  | 'dispatch/unknown-parent'
  | 'dispatch/unit-cycle'
  | 'dispatch/unit-too-deep'
  | 'dispatch/unknown-unit'
  | 'dispatch/unknown-person'
  | 'dispatch/unknown-role'
  | 'dispatch/own-deputy'
  | 'dispatch/empty-period'
  | 'dispatch/entry-in-use'
  | 'dispatch/entry-twice'
  | 'dispatch/bad-row';

/** The deepest of the forty-two processes has five. Without a limit a file that is one chain would be walked once per row. */
const MOST_LEVELS = 30;

type Outcome = { changes: Change[] } | { mistake: Mistake };

/** Compares values as JSON with sorted keys: what was read from Postgres has other orders. */
export function sameValue(a: unknown, b: unknown): boolean {
  return sorted(a) === sorted(b);
}

export class DirectoryDraft {
  private readonly changed = new Map<string, Entry>();
  /** Made when it is first needed. */
  private children: Map<string, Set<string>> | undefined;

  /** `roles` are those that the platform or a pack in force knows. */
  constructor(
    private readonly base: EntryMaps,
    private readonly roles: ReadonlySet<string>,
  ) {}

  get<K extends EntryKind>(kind: K, id: string): EntryValues[K] | undefined {
    const changed = this.changed.get(`${kind} ${id}`);
    return changed === undefined ? this.base[kind].get(id) : (changed.value as EntryValues[K] | undefined);
  }

  /** Applies an entry and what follows from it; no change at all when everything is so already. */
  change(entry: Entry): Outcome {
    const before = this.get(entry.kind, entry.id);
    if (sameValue(before, entry.value)) return { changes: [] };
    const mistake = entry.value === undefined ? this.mistakeOfDeletion(entry) : this.mistakeOf(entry);
    if (mistake !== undefined) return { mistake };
    const changes = entry.kind === 'person' && entry.value === undefined ? this.farewell(entry.id) : [];
    changes.push({ entry, before });
    if (entry.kind === 'unit') this.move(entry.id, (before as EntryValues['unit'] | undefined)?.parent, entry.value?.parent);
    for (const one of changes) this.changed.set(`${one.entry.kind} ${one.entry.id}`, one.entry);
    return { changes };
  }

  private mistakeOf(entry: Entry): Mistake | undefined {
    switch (entry.kind) {
      case 'unit':
        return this.mistakeOfUnit(entry.id, entry.value);
      case 'membership': {
        const { person, unit } = placeOf(entry.id);
        const unknown = entry.value?.roles.find((role) => !this.roles.has(role));
        if (unknown !== undefined)
          return mistake('dispatch/unknown-role', '/roles', `neither the platform nor a pack in force has the role ${unknown}`);
        return this.unknownPerson('/person', person) ?? this.unknownUnit('/unit', unit);
      }
      case 'deputy': {
        if (entry.value === undefined) return undefined;
        const { person, deputy, from, until, unit } = entry.value;
        if (person === deputy) return mistake('dispatch/own-deputy', '/deputy', 'nobody is the own deputy');
        if (until <= from) return mistake('dispatch/empty-period', '/until', 'must be later than from');
        return this.unknownPerson('/person', person) ?? this.unknownPerson('/deputy', deputy) ?? this.unknownUnit('/unit', unit);
      }
      case 'presence':
        return this.unknownPerson('/person', entry.id);
      case 'person': {
        const { activeFrom, activeUntil } = entry.value ?? {};
        if (activeFrom !== undefined && activeUntil !== undefined && activeUntil <= activeFrom)
          return mistake('dispatch/empty-period', '/activeUntil', 'must be later than activeFrom');
        return undefined;
      }
    }
  }

  private mistakeOfUnit(key: string, value: EntryValues['unit'] | undefined): Mistake | undefined {
    const { parent, successor } = value ?? {};
    const moves = parent !== this.get('unit', key)?.parent;
    const seen = new Set([key]);
    for (let above = parent; above !== undefined; above = this.get('unit', above)?.parent) {
      if (seen.has(above)) return mistake('dispatch/unit-cycle', '/parent', `${key} would be under itself`);
      if (above === parent && this.get('unit', above) === undefined)
        return mistake('dispatch/unknown-parent', '/parent', `there is no unit ${above}`);
      seen.add(above);
      if (moves && seen.size > MOST_LEVELS) return tooDeep();
    }
    if (moves && seen.size + this.levelsUnder(key) > MOST_LEVELS) return tooDeep();
    if (successor === key) return mistake('dispatch/unit-cycle', '/successor', `${key} cannot succeed itself`);
    return this.unknownUnit('/successor', successor);
  }

  /** Levels of units under the unit; counting ends above the limit. */
  private levelsUnder(key: string): number {
    this.children ??= this.childrenNow();
    let levels = 0;
    for (let level = [key]; levels <= MOST_LEVELS; levels += 1) {
      level = level.flatMap((unit) => [...(this.children?.get(unit) ?? [])]);
      if (level.length === 0) return levels;
    }
    return levels;
  }

  private childrenNow(): Map<string, Set<string>> {
    this.children = new Map();
    for (const [key, { parent }] of this.all('unit')) this.move(key, undefined, parent);
    return this.children;
  }

  private move(unit: string, from: string | undefined, to: string | undefined): void {
    if (this.children === undefined) return;
    if (from !== undefined) this.children.get(from)?.delete(unit);
    if (to === undefined) return;
    const siblings = this.children.get(to) ?? new Set();
    this.children.set(to, siblings.add(unit));
  }

  private mistakeOfDeletion(entry: Entry): Mistake | undefined {
    if (entry.kind !== 'unit') return undefined;
    const used =
      this.find('unit', (_, unit) => unit.parent === entry.id || unit.successor === entry.id) ??
      this.find('membership', (id) => placeOf(id).unit === entry.id) ??
      this.find('deputy', (_, deputy) => deputy.unit === entry.id);
    return used === undefined
      ? undefined
      : mistake('dispatch/entry-in-use', '', `${used} still refers to the unit; a unit that ends is closed (closedAt)`);
  }

  /** Whoever is deleted leaves no membership, presence or deputy behind. */
  private farewell(person: string): Change[] {
    const gone: Change[] = [];
    for (const [id, before] of this.all('membership'))
      if (placeOf(id).person === person) gone.push({ entry: { kind: 'membership', id, value: undefined }, before });
    for (const [id, before] of this.all('deputy'))
      if (before.person === person || before.deputy === person) gone.push({ entry: { kind: 'deputy', id, value: undefined }, before });
    const presence = this.get('presence', person);
    if (presence !== undefined) gone.push({ entry: { kind: 'presence', id: person, value: undefined }, before: presence });
    return gone;
  }

  private find<K extends EntryKind>(kind: K, test: (id: string, value: EntryValues[K]) => boolean): string | undefined {
    for (const [id, value] of this.all(kind)) if (test(id, value)) return `${kind} ${id}`;
    return undefined;
  }

  private *all<K extends EntryKind>(kind: K): Generator<[string, EntryValues[K]]> {
    for (const [id, value] of this.base[kind]) if (!this.changed.has(`${kind} ${id}`)) yield [id, value];
    for (const { kind: of, id, value } of this.changed.values())
      if (of === kind && value !== undefined) yield [id, value as EntryValues[K]];
  }

  private unknownPerson(pointer: string, id: string): Mistake | undefined {
    return this.get('person', id) === undefined ? mistake('dispatch/unknown-person', pointer, `there is no person ${id}`) : undefined;
  }

  private unknownUnit(pointer: string, key: string | undefined): Mistake | undefined {
    return key !== undefined && this.get('unit', key) === undefined
      ? mistake('dispatch/unknown-unit', pointer, `there is no unit ${key}`)
      : undefined;
  }
}

const tooDeep = (): Mistake => mistake('dispatch/unit-too-deep', '/parent', `more than ${MOST_LEVELS} levels of units`);

function mistake(code: MistakeCode, pointer: string, detail: string): Mistake {
  return { code, pointer, detail };
}

function sorted(value: unknown): string {
  return (
    JSON.stringify(value, (_, inner: unknown) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? ''
  );
}
