import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { documentOf } from './document.js';
import { packKeys } from './packs.js';
import { withProduct } from './product.js';
import { printed } from './report.js';
import { playPacks } from './scenarios.js';

const named = process.argv.slice(2);
const names = named.length > 0 ? named : packKeys();
const results = await withProduct((client) =>
  playPacks(client, names, console.error, (some) => {
    for (const result of some) console.log(printed(result));
  }),
);
// Only a run of all packs says how all stand.
if (named.length === 0) writeFileSync(fileURLToPath(new URL('../../../docs/packs.md', import.meta.url)), documentOf(results));
const failed = results.flatMap((r) => r.scenarios).filter((s) => s.verdict.kind === 'failed').length;
process.exitCode = failed > 0 ? 1 : 0;
