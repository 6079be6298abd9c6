// `npm run affected`: the inner loop. Builds and tests only the projects that a change touches, and takes results of unchanged inputs from
// Nx's cache. The change is what differs from `origin/main` (or from HEAD, where there is no such branch), uncommitted work included.
//   npm run affected                     projects that differ from the base
//   npm run affected -- --base=HEAD~3    another base
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onSignal } from './on-signal.mjs';
import { prepare } from './prepare.mjs';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));
const nx = join(root, 'node_modules/nx/dist/bin/nx.js');
/** Projects whose specs need no Postgres, Kafka or Redis. The e2e project starts a stack of its own and belongs to `npm test`. */
const PURE = ['kernel', 'contracts', 'business-time', 'directory', 'packs', 'engine'];
const known = spawnSync('git', ['rev-parse', '--verify', '--quiet', 'origin/main'], { cwd: root }).status === 0;
const base = process.argv.find((a) => a.startsWith('--base='))?.slice('--base='.length) ?? (known ? 'origin/main' : 'HEAD');

await prepare(root);
const shown = spawnSync(process.execPath, [nx, 'show', 'projects', '--affected', `--base=${base}`, '--json'], {
  cwd: root,
  encoding: 'utf8',
});
if (shown.status !== 0) {
  console.error(shown.stderr || shown.stdout);
  process.exit(1);
}
const affected = JSON.parse(shown.stdout).filter((name) => name !== 'e2e');
if (affected.length === 0) {
  console.log(`nothing differs from ${base}`);
  process.exit(0);
}
console.log(`affected since ${base}: ${affected.join(', ')}`);
const { Stack } = await import('../deploy/local/dist/index.js');
const work = mkdtempSync(join(tmpdir(), 'gongdan-affected-'));
// Postgres does not run as root: another user must be able to enter its folder.
chmodSync(work, 0o755);
let starting;
const clean = async () => {
  await starting?.then(
    (infra) => infra.stop(),
    () => undefined,
  );
  rmSync(work, { recursive: true, force: true });
};
onSignal(clean);
let env = process.env;
if (affected.some((name) => !PURE.includes(name))) {
  starting = Stack.infra({ home: join(work, 'infra'), mode: 'test', portBase: 0, unsafePostgres: true });
  const infra = await starting;
  env = { ...env, GONGDAN_TEST_STACK: JSON.stringify({ postgres: infra.postgresAdminUrl, kafka: infra.kafka, redis: infra.redis }) };
}
const child = spawn(process.execPath, [nx, 'run-many', '-t', 'test', '-p', affected.join(','), '--outputStyle=stream'], {
  cwd: root,
  stdio: 'inherit',
  env,
});
child.once('exit', async (code) => {
  await clean();
  process.exit(code ?? 1);
});
