// `npm run bench [-- name …]`: the figures of docs/benchmarks.md, each with its floor from the same run.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepare } from './prepare.mjs';

await prepare(resolve(fileURLToPath(new URL('..', import.meta.url))));
await import('../deploy/bench/dist/main.js');
