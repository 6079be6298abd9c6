// `npm run trials [-- name …]`: attacks the running product from outside and prints what does not stand.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepare } from './prepare.mjs';

await prepare(resolve(fileURLToPath(new URL('..', import.meta.url))));
await import('../deploy/trials/dist/main.js');
