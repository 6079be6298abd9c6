import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawPack } from 'gongdan';
import { documentOf } from './document.js';
import { isFolder, packKeys, packToPlay } from './packs.js';
import { presentCommit, readPlayed, withResults, writePlayed } from './played.js';
import { withProduct } from './product.js';
import { printed } from './report.js';
import { type PackResult, playPacks } from './scenarios.js';

const DOCS = fileURLToPath(new URL('../../../docs/', import.meta.url));
const named = process.argv.slice(2);
// Read once: what is edited during the run is played by the next.
const packs = packKeys().map(packToPlay);
const commit = presentCommit();

/** Writes what is known after a group of packs, so that a run that is stopped keeps what it has found. */
function keep(some: PackResult[]): void {
  for (const result of some) console.log(printed(result));
  if (named.some(isFolder)) return;
  const played = withResults(readPlayed(), some, commit);
  writePlayed(played);
  writeFileSync(join(DOCS, 'packs.md'), documentOf(packs, played));
}

const results = await withProduct((product) => playPacks(product, named.length > 0 ? named : packKeys(), console.error, keep));
if (!named.some(isFolder))
  for (const { pack } of results) writeFileSync(join(DOCS, 'packs', `${pack.key}.svg`), (await drawPack(pack.folder)).svg);
const failed = results.flatMap((r) => r.scenarios).filter((s) => s.verdict.kind === 'failed').length;
process.exitCode = failed > 0 ? 1 : 0;
