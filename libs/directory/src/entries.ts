import { type Deputy, type DirectoryPerson, type DirectoryRows, type DirectoryUnit, type Membership, type Presence } from './rows.js';

/** An entry is what is stored, published and changed as one. Its id is unique within its kind. */
export interface EntryValues {
  unit: Omit<DirectoryUnit, 'key'>;
  person: Omit<DirectoryPerson, 'id'>;
  membership: Omit<Membership, 'person' | 'unit'>;
  deputy: Deputy;
  presence: Omit<Presence, 'person'>;
}
export type EntryKind = keyof EntryValues;
export const ENTRY_KINDS = ['unit', 'person', 'membership', 'deputy', 'presence'] as const satisfies readonly EntryKind[];

/** Without a value the entry is deleted. */
export interface EntryOf<K extends EntryKind> {
  kind: K;
  id: string;
  value?: EntryValues[K] | undefined;
}
export type Entry = { [K in EntryKind]: EntryOf<K> }[EntryKind];

/** The entries of a directory by kind and id. */
export type EntryMaps = { readonly [K in EntryKind]: ReadonlyMap<string, EntryValues[K]> };

/** A person is a member of a unit once. Ids of people and keys of units have no blanks. */
export function membershipId(person: string, unit: string | undefined): string {
  return unit === undefined ? person : `${person} ${unit}`;
}

export function placeOf(id: string): { person: string; unit?: string } {
  const blank = id.indexOf(' ');
  return blank < 0 ? { person: id } : { person: id.slice(0, blank), unit: id.slice(blank + 1) };
}

export function rowsOf(maps: EntryMaps): DirectoryRows {
  return {
    units: [...maps.unit].map(([key, value]) => ({ ...value, key })),
    people: [...maps.person].map(([id, value]) => ({ ...value, id })),
    memberships: [...maps.membership].map(([id, value]) => ({ ...value, ...placeOf(id) })),
    deputies: [...maps.deputy.values()],
    presence: [...maps.presence].map(([person, value]) => ({ ...value, person })),
  };
}
