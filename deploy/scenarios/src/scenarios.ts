import { type Client } from 'gongdan';
import { type PackToPlay, packToPlay } from './packs.js';
import { play } from './run.js';
import { type Verdict } from './verdict.js';
import { World } from './world.js';

export interface PackResult {
  pack: PackToPlay;
  scenarios: { key: string; verdict: Verdict }[];
}

/** Plays all scenarios of the packs together, each in an organisation of its own. */
export async function playPacks(
  client: Client,
  names: readonly string[],
  log: (text: string) => void = () => undefined,
): Promise<PackResult[]> {
  const packs = names.map(packToPlay);
  const worlds = packs.flatMap((p) =>
    p.scenarios.map((s, i) => new World(client, `${p.key.split('-')[0] ?? ''}-${i + 1}`, p.folder, p.json, p.sample, s)),
  );
  const plays = await play(client, worlds, log);
  return packs.map((pack) => ({
    pack,
    scenarios: plays
      .filter((p) => p.world.folder === pack.folder)
      .map((p) => ({ key: p.world.scenario.key, verdict: p.verdict ?? { kind: 'failed', step: 0, text: '', difference: 'did not end' } })),
  }));
}
