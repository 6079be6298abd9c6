// `npm start` on a fresh clone: plain Node, because nothing is installed yet. Installs, builds, hands over.
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepare } from '../../../tools/prepare.mjs';

await prepare(resolve(dirname(fileURLToPath(import.meta.url)), '../../..'), { ownBroker: (process.env.KAFKA_BROKERS ?? '').trim() === '' });
process.argv.splice(2, 0, 'start');
await import('../dist/cli.js');
