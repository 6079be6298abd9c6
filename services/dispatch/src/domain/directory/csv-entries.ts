import { type Entry, type EntryKind, membershipId, placeOf, WEEKDAYS } from '@gongdan/directory';
import { unguard } from './csv.js';

// The columns of the files for import and export. Several values in a cell are separated by blanks; spans of a shift as well (`09:00-12:00 13:00-18:00`).

export const COLUMNS: Readonly<Record<EntryKind, readonly string[]>> = {
  unit: [
    'key',
    'name_zh',
    'name_en',
    'parent',
    'level',
    'code',
    'email',
    'latitude',
    'longitude',
    'calendar',
    'zone',
    'closed_at',
    'successor',
  ],
  person: ['id', 'name', 'languages', 'email', 'phone', 'active_from', 'active_until'],
  membership: ['person', 'unit', 'roles', 'skills', 'capacity', ...WEEKDAYS],
  deputy: ['id', 'person', 'deputy', 'from', 'until', 'unit'],
  presence: ['person', 'state', 'until'],
};

/** What the row says in the words of the API; empty cells are left out. It is checked by the same schema as a body. */
export function bodyOf(kind: EntryKind, cells: Readonly<Record<string, string>>): { id: string; body: Record<string, unknown> } {
  const get = (column: string): string | undefined => {
    const cell = unguard(cells[column] ?? '');
    return cell === '' ? undefined : cell;
  };
  const list = (column: string): string[] | undefined => get(column)?.split(/\s+/);
  const number = (column: string): number | undefined => (get(column) === undefined ? undefined : Number(get(column)));
  switch (kind) {
    case 'unit': {
      const [latitude, longitude] = [number('latitude'), number('longitude')];
      return {
        id: get('key') ?? '',
        body: without({
          names: { 'zh-CN': get('name_zh'), en: get('name_en') },
          parent: get('parent'),
          level: get('level'),
          code: get('code'),
          email: get('email'),
          coordinates: latitude === undefined && longitude === undefined ? undefined : { latitude, longitude },
          calendar: get('calendar'),
          zone: get('zone'),
          closedAt: get('closed_at'),
          successor: get('successor'),
        }),
      };
    }
    case 'person':
      return {
        id: get('id') ?? '',
        body: without({
          name: get('name'),
          languages: list('languages'),
          email: get('email'),
          phone: get('phone'),
          activeFrom: get('active_from'),
          activeUntil: get('active_until'),
        }),
      };
    case 'membership': {
      const shift = without(Object.fromEntries(WEEKDAYS.map((day) => [day, list(day)])));
      const skills = list('skills')?.map((skill) => [skill.split(':', 1)[0], skill.split(':').slice(1).join(':')]);
      return {
        id: membershipId(get('person') ?? '', get('unit')),
        body: without({
          roles: list('roles'),
          skills: skills && Object.fromEntries(skills.map(([skill = '', level]) => [skill, Number(level)])),
          capacity: number('capacity'),
          shift: Object.keys(shift).length === 0 ? undefined : shift,
        }),
      };
    }
    case 'deputy':
      return {
        id: get('id') ?? '',
        body: without({ person: get('person'), deputy: get('deputy'), from: get('from'), until: get('until'), unit: get('unit') }),
      };
    case 'presence':
      return { id: get('person') ?? '', body: without({ state: get('state'), until: get('until') }) };
  }
}

/** The cells of an entry as it is shown, in the order of `COLUMNS`. */
export function cellsOf(kind: EntryKind, id: string, value: Readonly<Record<string, unknown>>): string[] {
  const v = value as Record<string, unknown> & { names?: Record<string, string>; coordinates?: Record<string, number> };
  const text = (one: unknown): string =>
    one === undefined || one === null ? '' : Array.isArray(one) ? one.join(' ') : String(one as string);
  switch (kind) {
    case 'unit': {
      const names = [text(v.names?.['zh-CN']), text(v.names?.['en'])];
      const place = [text(v.coordinates?.['latitude']), text(v.coordinates?.['longitude'])];
      return [
        id,
        ...names,
        ...[v['parent'], v['level'], v['code'], v['email']].map(text),
        ...place,
        ...[v['calendar'], v['zone'], v['closedAt'], v['successor']].map(text),
      ];
    }
    case 'person':
      return [id, ...[v['name'], v['languages'], v['email'], v['phone'], v['activeFrom'], v['activeUntil']].map(text)];
    case 'membership': {
      const { person, unit } = placeOf(id);
      const skills = Object.entries((v['skills'] ?? {}) as Record<string, number>).map(([skill, level]) => `${skill}:${level}`);
      const shift = (v['shift'] ?? {}) as Record<string, string[]>;
      return [person, unit ?? '', text(v['roles']), skills.join(' '), text(v['capacity']), ...WEEKDAYS.map((day) => text(shift[day]))];
    }
    case 'deputy':
      return [id, ...[v['person'], v['deputy'], v['from'], v['until'], v['unit']].map(text)];
    case 'presence':
      return [id, ...[v['state'], v['until']].map(text)];
  }
}

/** Parents before children, so that a file may list its units in any order. `circular` are those in a cycle of the file, or under one. */
export function parentsFirst<T extends { entry: Entry }>(rows: readonly T[]): { ordered: T[]; circular: T[] } {
  const here = new Set(rows.flatMap(({ entry }) => (entry.kind === 'unit' ? [entry.id] : [])));
  const children = new Map<string, T[]>();
  const ordered: T[] = [];
  for (const row of rows) {
    const parent = row.entry.kind === 'unit' ? row.entry.value?.parent : undefined;
    if (parent === undefined || !here.has(parent)) ordered.push(row);
    else {
      const siblings = children.get(parent) ?? [];
      siblings.push(row);
      children.set(parent, siblings);
    }
  }
  // The list grows while it is walked. A key that stands in the file twice hands its children over once.
  for (const row of ordered) {
    for (const child of children.get(row.entry.id) ?? []) ordered.push(child);
    children.delete(row.entry.id);
  }
  const placed = new Set(ordered);
  return { ordered, circular: rows.filter((row) => !placed.has(row)) };
}

function without<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}
