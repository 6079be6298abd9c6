import { type Entry, membershipId } from '@gongdan/directory';
import { type DirectoryDraft } from './changes.js';

/** The part `org` of a pack of format 1, as it stands in the pack. */
export interface OrgPart {
  units: { key: string; names: { 'zh-CN': string; en: string }; parent?: string; code?: string; email?: string }[];
  people: { id: string; name: string; email?: string; language?: string; units: string[]; roles: string[] }[];
}

/** In format 1 these roles reach every unit whatever unit the person sits in. */
const REACH_EVERYTHING = ['supervisor', 'analyst'];

/**
 * The entries of the `org` part of a pack of format 1, parents first. What the directory has already is left as it is: it is the newer source. Parts
 * of a cycle of parents, which format 1 did not refuse, lose the parent.
 */
export function entriesOfOrg(org: OrgPart, base: Pick<DirectoryDraft, 'get'>, seal: (id: string, email: string) => string): Entry[] {
  const entries: Entry[] = [];
  const units = new Map(org.units.map((u) => [u.key, u]));
  const isNew = (key: string): boolean => base.get('unit', key) === undefined;
  const done = new Set<string>();
  const exists = (key: string): boolean => done.has(key) || !isNew(key);
  const visit = (key: string, path: ReadonlySet<string>): void => {
    const unit = units.get(key);
    if (unit === undefined || exists(key)) return;
    const parent =
      unit.parent !== undefined && !path.has(unit.parent) && (units.has(unit.parent) || exists(unit.parent)) ? unit.parent : undefined;
    if (parent !== undefined) visit(parent, new Set([...path, parent]));
    done.add(key);
    const { names, code, email } = unit;
    entries.push({ kind: 'unit', id: key, value: { names, ...defined({ parent, code, email }) } });
  };
  for (const { key } of org.units) visit(key, new Set([key]));
  for (const p of org.people) {
    const known = base.get('person', p.id) !== undefined;
    if (!known) {
      const contactSealed = p.email === undefined ? undefined : seal(p.id, p.email);
      const languages = p.language === undefined ? undefined : [p.language];
      entries.push({ kind: 'person', id: p.id, value: { name: p.name, ...defined({ languages, contactSealed }) } });
      const everywhere = p.units.length === 0 ? p.roles : p.roles.filter((role) => REACH_EVERYTHING.includes(role));
      if (everywhere.length > 0)
        entries.push({ kind: 'membership', id: membershipId(p.id, undefined), value: { roles: [...new Set(everywhere)] } });
    }
    // Of a person whom the directory knows, only what concerns a new unit: anything else may have been taken back there.
    for (const unit of new Set(p.units))
      if (done.has(unit) || (!known && exists(unit)))
        entries.push({ kind: 'membership', id: membershipId(p.id, unit), value: { roles: [...new Set(p.roles)] } });
  }
  return entries;
}

export function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
