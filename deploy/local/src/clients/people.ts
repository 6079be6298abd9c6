import { resolve } from 'node:path';
import { loadPack, packFolder, readPackFolder, SHIPPED_PACKS } from '@gongdan/packs/files';
import { SampleDirectory } from '@gongdan/packs/format2';
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

/** A person of the sample directory of a pack folder, with the roles of all memberships. The token names no units: those of the directory count. */
export function samplePersonOf(folder: string, id: string, org = 'demo'): Person {
  const sample = SampleDirectory.safeParse(readPackFolder(resolve(folder)).directory);
  if (!sample.success) throw new Error(`${folder} has no valid sample-directory.yaml; see gongdan pack check`);
  const person = sample.data.people.find((p) => p.id === id);
  if (!person) throw new Error(`no person of ${folder} has the id ${id}; known ids are ${sample.data.people.map((p) => p.id).join(', ')}`);
  return { id, name: person.name, org, roles: [...new Set(person.memberships.flatMap((m) => m.roles))] };
}
