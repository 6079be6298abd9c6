// `npm run scenarios [-- <pack key>...]`: plays the scenarios of the packs through the whole product and prints what holds, what fails and what waits for a feature.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepare } from './prepare.mjs';

await prepare(resolve(fileURLToPath(new URL('..', import.meta.url))));
await import('../deploy/scenarios/dist/main.js');
