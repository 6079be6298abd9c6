import { packKeys } from './packs.js';
import { withProduct } from './product.js';
import { printed } from './report.js';
import { playPacks } from './scenarios.js';

const names = process.argv.slice(2).filter((a) => !a.startsWith('--'));
const results = await withProduct((client) => playPacks(client, names.length > 0 ? names : packKeys(), console.error));
for (const result of results) console.log(printed(result));
const failed = results.flatMap((r) => r.scenarios).filter((s) => s.verdict.kind === 'failed').length;
process.exitCode = failed > 0 ? 1 : 0;
