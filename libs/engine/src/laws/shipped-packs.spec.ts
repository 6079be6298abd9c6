import { readdirSync } from 'node:fs';
import { Directory, type DirectoryRows } from '@gongdan/directory';
import { plusMs } from '@gongdan/kernel';
import { readPackFolder } from '@gongdan/packs/files';
import { type FormField, PackFormat2, type SampleDirectoryData } from '@gongdan/packs/format2';
import { describe, expect, it } from '@jest/globals';
import { registered } from '../cases.suite.js';
import { type View } from '../model/env.js';
import { type Luck, luckOf } from './small-world.suite.js';
import { walk } from './walk.suite.js';

const FOLDER = new URL('../../../packs/processes/', import.meta.url);
const START = '2026-03-02T01:00:00.000Z';

function valueOf(field: FormField, now: string, people: string[], units: string[], luck: Luck): unknown {
  const choice = luck.of(Object.keys(field.choices ?? { x: 1 }));
  switch (field.type) {
    case 'text':
      return 'text';
    case 'number':
    case 'money':
      return field.min ?? 1;
    case 'boolean':
      return luck.below(2) === 0;
    case 'choice':
      return choice;
    case 'choices':
      return [choice];
    case 'date':
      return '2026-06-01';
    case 'instant':
      return plusMs(now, 86_400_000);
    case 'duration':
      return '2h';
    case 'person':
      return luck.of(people);
    case 'unit':
      return luck.of(units);
    case 'units':
      return [luck.of(units)];
    default:
      return undefined;
  }
}

describe.each(readdirSync(FOLDER))('the pack %s', (folder) => {
  const { json, directory: sample } = readPackFolder(new URL(folder, FOLDER).pathname);
  const pack = PackFormat2.parse(json);
  const { people, units } = sample as SampleDirectoryData;
  const ids = people.map((p) => p.id);
  const keys = units.map((u) => u.key);
  const memberships = people.flatMap((p) => (p.memberships ?? []).map((m) => ({ person: p.id, ...m })));
  const directory = Directory.of({ units, people: people.map(({ id, name }) => ({ id, name })), memberships } as DirectoryRows);
  const view: View = { directory, loads: new Map(ids.map((p) => [p, { open: 0 }])), seal: (value) => `sealed:${value}` };

  it('keeps the laws whoever acts and whatever is heard; what is told fits the contract and folds to the case', () => {
    for (let seed = 1; seed <= 4; seed++) {
      const luck = luckOf(seed);
      const { catalogue, intake } = pack;
      const registration = registered({
        pack: { key: pack.pack.key, version: pack.pack.version },
        ...{ channel: luck.of(intake.channels).key, type: luck.of(catalogue.types).key, category: luck.of(catalogue.categories).key },
        ...{ priority: luck.of(catalogue.priorities), unit: luck.of(keys), registeredAt: START },
      });
      const value = (field: FormField, of: Luck, now: string): unknown =>
        of.maybe(4) ? of.of<unknown>(['', 7.001, [], {}, 'no such thing', null]) : valueOf(field, now, ids, keys, of);
      expect(walk({ pack, view, people: ids, registration, value }, luck, 40).broken).toEqual([]);
    }
  });
});
