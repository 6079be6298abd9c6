import { type SampleDirectoryData } from '@gongdan/packs/format2';
import { type Person } from 'gongdan';

/** Somebody who is not in the directory, so that the roles reach the whole organisation: the one who publishes, loads the directory and looks. */
export const readerOf = (org: string): Person => ({
  id: 'scenario-reader',
  name: 'Scenario reader',
  org,
  roles: ['admin', 'supervisor', 'analyst', 'agent'],
  units: [],
});

/** Makes the token's person: the roles are those of all memberships; which unit each is held in stands in the directory. */
export function actorOf(org: string, sample: SampleDirectoryData, id: string): Person | undefined {
  const person = sample.people.find((p) => p.id === id);
  if (!person) return undefined;
  return { id, name: person.name, org, roles: [...new Set(person.memberships.flatMap((m) => m.roles))], units: [] };
}
