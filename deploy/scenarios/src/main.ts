import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { documentOf } from './document.js';
import { packKeys, packToPlay } from './packs.js';
import { presentCommit, readPlayed, withResults, writePlayed } from './played.js';
import { withProduct } from './product.js';
import { printed } from './report.js';
import { playPacks } from './scenarios.js';

const named = process.argv.slice(2);
// Read once: what is edited during the run is played by the next.
const packs = packKeys().map(packToPlay);
const results = await withProduct((product) =>
  playPacks(product, named.length > 0 ? named : packKeys(), console.error, (some) => {
    for (const result of some) console.log(printed(result));
    // After each group, so that a run that is stopped keeps what it has found.
    writePlayed(withResults(readPlayed(), some, presentCommit()));
    writeFileSync(fileURLToPath(new URL('../../../docs/packs.md', import.meta.url)), documentOf(packs, readPlayed()));
  }),
);
const failed = results.flatMap((r) => r.scenarios).filter((s) => s.verdict.kind === 'failed').length;
process.exitCode = failed > 0 ? 1 : 0;
