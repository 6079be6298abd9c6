import { mkdtempSync, rmSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client, publishPack, Stack } from 'gongdan';
import { availability } from './availability/index.js';
import { operation } from './operation/index.js';
import { truth } from './truth/index.js';
import { type Trial } from './trial.js';

const TRIALS: readonly Trial[] = [...truth, ...availability, ...operation];

const { values: options, positionals: names } = parseArgs({ options: { help: { type: 'boolean' } }, allowPositionals: true });
const unknown = names.filter((name) => TRIALS.every((t) => t.name !== name));
if (options.help || unknown.length > 0) {
  console.log(unknown.map((name) => `unknown trial: ${name}`).join('\n'));
  console.log(`npm run trials -- [names]; all of them when none is given\n\n${TRIALS.map((t) => `  ${t.name}: ${t.claim}`).join('\n')}`);
  process.exit(unknown.length > 0 ? 1 : 0);
}

const work = mkdtempSync(join(tmpdir(), 'gongdan-trials-'));
// Postgres does not run as root: another user must be able to enter its folder.
chmodSync(work, 0o755);
let stack: Stack | undefined;
// Without a handler a signal ends the process without the event `exit`, and the services would keep running.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));
process.once('exit', () => rmSync(work, { recursive: true, force: true }));

const found: string[] = [];
try {
  stack = await Stack.start({ home: join(work, 'home'), mode: 'test', portBase: 0 });
  const client = new Client(stack.home, stack.urls);
  await publishPack(client, 'starter');
  for (const trial of TRIALS) {
    if (names.length > 0 && !names.includes(trial.name)) continue;
    const began = performance.now();
    const seconds = (): string => `${((performance.now() - began) / 1_000).toFixed(1)} s`;
    try {
      console.log(`  ✓ ${trial.claim}\n      ${await trial.run({ stack, client })} (${trial.name}, ${seconds()})`);
    } catch (error) {
      found.push(trial.name);
      console.log(`  ✗ ${trial.claim}\n      ${error instanceof Error ? error.message : String(error)} (${trial.name}, ${seconds()})`);
    }
  }
} finally {
  await stack?.stop();
}
console.log(found.length === 0 ? '\nnothing found' : `\nfound: ${found.join(', ')}`);
process.exit(found.length === 0 ? 0 : 1);
