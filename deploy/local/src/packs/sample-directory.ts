import { SampleDirectory, type SampleDirectoryData } from '@gongdan/packs/format2';
import { readPackFolder } from '@gongdan/packs/files';
import { Client } from '../clients/client.js';
import { folderOf } from '../commands/pack.js';
import { parsed, type Verb } from './verb.js';

/** Puts one entry into the directory; throws when it is refused. */
export type PutEntry = (path: string, body: unknown) => Promise<unknown>;

/** Adds or replaces the units and people of a sample directory, parents before their units. The roles of the pack must be published before. */
export async function loadSampleDirectory(put: PutEntry, { units, people, deputies = [] }: SampleDirectoryData): Promise<void> {
  for (const { key, ...unit } of parentsFirst(units)) await put(`/v1/directory/units/${key}`, unit);
  for (const { id, name, email, language, memberships } of people) {
    await put(`/v1/directory/people/${encodeURIComponent(id)}`, {
      name,
      ...(email === undefined ? {} : { email }),
      ...(language === undefined ? {} : { languages: [language] }),
    });
    for (const { unit, ...membership } of memberships)
      await put(`/v1/directory/memberships/${encodeURIComponent(id)}${unit === undefined ? '' : `?unit=${unit}`}`, membership);
  }
  for (const [i, { of, ...deputy }] of deputies.entries()) await put(`/v1/directory/deputies/sample-${i + 1}`, { person: of, ...deputy });
}

/** Units in an order in which each parent stands before its units. The check of packs has refused circles. */
export function parentsFirst<Unit extends { key: string; parent?: string | undefined }>(units: readonly Unit[]): Unit[] {
  const byKey = new Map(units.map((u) => [u.key, u]));
  const done = new Set<string>();
  const ordered: Unit[] = [];
  const add = (unit: Unit): void => {
    if (done.has(unit.key)) return;
    done.add(unit.key);
    const parent = unit.parent === undefined ? undefined : byKey.get(unit.parent);
    if (parent) add(parent);
    ordered.push(unit);
  };
  units.forEach(add);
  return ordered;
}

export const directory: Verb = {
  usage: 'directory <folder> [--as person]',
  about: 'directory.about',
  details: 'directory.details',
  async run(args, speech) {
    const { values, positionals } = parsed(directory, args, speech, { as: 'string' });
    const sample = SampleDirectory.safeParse(readPackFolder(folderOf(positionals[0] ?? '')).directory);
    if (!sample.success) throw new Error(speech.say('directory.none'));
    const client = Client.running();
    const as = values.as ?? 'root';
    await loadSampleDirectory((path, body) => client.must('dispatch', 'PUT', path, { as, body }), sample.data);
    console.log(speech.say('directory.done', { units: sample.data.units.length, people: sample.data.people.length }));
  },
};
