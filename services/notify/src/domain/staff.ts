import { Directory, type DirectoryPerson } from '@gongdan/directory';
import { type Pack } from '@gongdan/packs';

/** The units and people that mails of one pack go to. */
export interface Staff {
  directory: Directory;
  /** Opens the address of a person; undefined when there is none. */
  emailOf(person: string): string | undefined;
}

const ofPacks = new WeakMap<Pack, Directory>();

/**
 * Staff as the directory knows them. Packs are on a topic of their own, so a pack of format 1 can be here before its units and people have come
 * over the directory's topic: until the first of its units is here, its own `org` part counts.
 */
export function staffOf(directory: Directory, pack: Pack | undefined, open: (person: DirectoryPerson) => string | undefined): Staff {
  if (pack === undefined || pack.org.units.length === 0 || pack.org.units.some((u) => directory.unit(u.key) !== undefined))
    return {
      directory,
      emailOf: (id) => {
        const person = directory.person(id);
        return person && open(person);
      },
    };
  return { directory: directoryOfPack(pack), emailOf: (id) => pack.org.people.find((p) => p.id === id)?.email };
}

/** The address of a recipient of the staff at this instant: 'unit:<key>' or 'person:<id>'. */
export function addressOf(staff: Staff, recipient: string): string | undefined {
  if (recipient.startsWith('unit:')) return staff.directory.unit(recipient.slice('unit:'.length))?.email;
  return staff.emailOf(recipient.slice('person:'.length));
}

function directoryOfPack(pack: Pack): Directory {
  const known = ofPacks.get(pack);
  if (known) return known;
  const directory = Directory.of({
    units: pack.org.units.map(({ key, names, parent, email }) => ({
      ...{ key, names },
      ...(parent === undefined ? {} : { parent }),
      ...(email === undefined ? {} : { email }),
    })),
    people: pack.org.people.map(({ id, name, language }) => ({ id, name, ...(language === undefined ? {} : { languages: [language] }) })),
    memberships: pack.org.people.flatMap(({ id, units, roles }) => units.map((unit) => ({ person: id, unit, roles }))),
  });
  ofPacks.set(pack, directory);
  return directory;
}
