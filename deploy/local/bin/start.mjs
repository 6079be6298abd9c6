// Runs `npm start`. It imports only Node's own modules, because on a fresh clone nothing is installed yet: it installs, builds and runs the command.
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepare } from '../../../tools/prepare.mjs';

await prepare(resolve(dirname(fileURLToPath(import.meta.url)), '../../..'), { ownBroker: (process.env.KAFKA_BROKERS ?? '').trim() === '' });
process.argv.splice(2, 0, 'start');
await import('../dist/cli.js');
