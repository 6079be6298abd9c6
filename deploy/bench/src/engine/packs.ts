import { join } from 'node:path';
import { PROJECT } from 'gongdan';
import { type Run, runWorker } from '../bench.js';
import { type Figure, median, n } from '../report.js';
import { type ReadPacksResult } from '../workers/read-packs.js';
import { type RefusePacksResult } from '../workers/refuse-packs.js';

const ROUNDS = 3;

/** Reading and checking every pack of the repository, each time in a fresh process. */
export async function packs(run: Run): Promise<Figure[]> {
  const folder = join(PROJECT, 'libs/packs/processes');
  const rounds: ReadPacksResult[] = [];
  const floors: ReadPacksResult[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    floors.push(await runWorker<ReadPacksResult>('read-packs', { folder, floor: true }));
    rounds.push(await runWorker<ReadPacksResult>('read-packs', { folder, floor: false }));
  }
  const [first] = rounds as [ReadPacksResult];
  const [ms, floor] = [median(rounds.map((r) => r.ms)), median(floors.map((r) => r.ms))];
  for (const broken of first.broken) run.log(broken);
  const { refused } = await runWorker<RefusePacksResult>('refuse-packs', { folder: join(PROJECT, 'docs/packs-howto/lost-property') });
  const slowest = Math.max(...refused.map((r) => r.cpuMs));
  return [
    {
      what: `Loading and checking all ${first.packs} packs`,
      target: '< 2 s',
      floor: `${n(floor)} ms`,
      measured: `${n(ms)} ms`,
      ratio: floor / ms,
      met: ms < 2_000 && first.broken.length === 0,
      notes: [
        `Medians of ${ROUNDS} fresh processes, from the first file read until the last mistake would be known; ${n(first.bytes / 1_024)} KB of YAML, scenarios and sample directories included. Packs with mistakes: ${first.broken.length}.`,
        'Floor: the same files read and parsed by the package `yaml`, without schema and checks.',
      ],
    },
    {
      what: 'Refusing a pack of 5 MB, nested deep, with a million rows, or with a loop of reactions',
      target: '< 1 s of CPU, with the reason',
      measured: `${n(slowest)} ms for the slowest`,
      met: slowest < 1_000 && refused.every((r) => r.reason !== 'NOT REFUSED'),
      notes: refused.map((r) => `${r.what}: ${n(r.cpuMs)} ms, "${r.reason}".`),
    },
  ];
}
