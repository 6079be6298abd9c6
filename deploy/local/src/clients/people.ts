import { loadPack, packFolder, SHIPPED_PACKS } from '@gongdan/packs/files';
import { type Person } from './keys.js';

/** Finds a person of the shipped packs by id, to make a token for; throws with the known ids when there is none. */
export function personOf(id: string, org = 'demo'): Person {
  for (const key of SHIPPED_PACKS) {
    const person = loadPack(packFolder(key)).org.people.find((p) => p.id === id);
    if (person) return { id: person.id, name: person.name, org, roles: person.roles, units: person.units };
  }
  const known = SHIPPED_PACKS.flatMap((key) => loadPack(packFolder(key)).org.people.map((p) => p.id));
  throw new Error(`no person has the id ${id}; known ids are ${[...new Set(known)].join(', ')}`);
}
