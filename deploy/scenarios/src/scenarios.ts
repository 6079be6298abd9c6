import { type PackToPlay, packToPlay } from './packs.js';
import { type Product } from './product.js';
import { play } from './run.js';
import { type Verdict } from './verdict.js';
import { World } from './world.js';

export interface PackResult {
  pack: PackToPlay;
  scenarios: { key: string; verdict: Verdict }[];
}

/** Plays all scenarios of the packs, each in an organisation of its own. The clock goes back between groups of packs, which ADR 0012 allows. */
export async function playPacks(
  product: Product,
  names: readonly string[],
  log: (text: string) => void = () => undefined,
  done: (results: PackResult[]) => void = () => undefined,
): Promise<PackResult[]> {
  const results: PackResult[] = [];
  for (const packs of inGroups(names.map(packToPlay))) {
    const worlds = packs.flatMap((p) =>
      p.scenarios.map((s, i) => new World(product.client, `${p.key.split('-')[0] ?? ''}-${i + 1}`, p.folder, p.json, p.sample, s)),
    );
    const plays = await play(product, worlds, log);
    for (const pack of packs)
      results.push({
        pack,
        scenarios: plays
          .filter((p) => p.world.folder === pack.folder)
          .map((p) => ({ key: p.world.scenario.key, verdict: p.verdict ?? { kind: 'failed', failures: [] } })),
      });
    done(results.slice(-packs.length));
  }
  return results;
}

/** The more scenarios stand at the same instant, the later the last of them acts: so many play together that this stays below a minute. */
const TOGETHER = 90;

function inGroups(packs: readonly PackToPlay[]): PackToPlay[][] {
  const groups: PackToPlay[][] = [];
  let size = TOGETHER;
  for (const pack of packs) {
    if (size + pack.scenarios.length > TOGETHER) {
      groups.push([]);
      size = 0;
    }
    groups.at(-1)?.push(pack);
    size += pack.scenarios.length;
  }
  return groups;
}
