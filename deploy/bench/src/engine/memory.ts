import { join } from 'node:path';
import { PROJECT } from 'gongdan';
import { type Run, runWorker } from '../bench.js';
import { type Figure, n } from '../report.js';
import { type PackMemory } from '../workers/pack-memory.js';

const ORGANISATIONS = 50;

/** What the packs of many organisations take in a service that has needed every one of them. */
export async function memory(run: Run): Promise<Figure[]> {
  const folder = join(PROJECT, 'libs/packs/processes');
  const same = await runWorker<PackMemory>('pack-memory', { folder, organisations: ORGANISATIONS, differ: false });
  const differing = await runWorker<PackMemory>('pack-memory', { folder, organisations: ORGANISATIONS, differ: true });
  const mb = (bytes: number): string => `${n(bytes / 1_048_576, 1)} MB`;
  run.log(`${same.kept} of ${same.published} documents kept, ${differing.kept} when each organisation has its own`);
  return [
    {
      what: `Memory of the packs: ${same.packs} packs × ${ORGANISATIONS} organisations`,
      target: 'bounded',
      floor: `${mb(same.one)} of heap, ${same.packs} packs of one organisation`,
      measured: `${mb(same.all)} of heap, ${mb(same.rss)} resident`,
      met: same.all < 2 * same.one + 20 * 1_048_576 && differing.kept < differing.published,
      notes: [
        `A fresh process with the cache that every service has between its database and its rules, each of the ${n(same.published)} packs asked for once and compiled by the engine as dispatch does; heap after garbage collection, less that before the first pack. The same document of several organisations is kept once.`,
        `Were each of the ${n(differing.published)} documents another one: ${mb(differing.all)} of heap, ${mb(differing.rss)} resident, ${differing.kept} documents kept (limit: 4 MB of JSON text).`,
        'Resident memory is that of the whole process, the reading of the 44 folders included.',
      ],
    },
  ];
}
