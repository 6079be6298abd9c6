// `npm test`: everything the README promises, from nothing. Ends with one plain line, `N passed, N failed`.
//   --pure   only the specs that need no Postgres, Kafka or Redis (seconds)
//   --fast   without e2e and the fault run
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { onSignal } from './on-signal.mjs';
import { prepare, step } from './prepare.mjs';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));
const pure = process.argv.includes('--pure');
const fast = process.argv.includes('--fast');
const began = performance.now();
const work = mkdtempSync(join(tmpdir(), 'gongdan-test-'));
// Postgres does not run as root: another user must be able to enter its folder.
chmodSync(work, 0o755);
const tally = { passed: 0, failed: 0, skipped: 0 };
/** What failed, told again at the end: a log that keeps only its last lines still names it. */
const failures = [];
let starting;
let running;
let interrupted = false;

/** Jest, the stack of this run, and the stacks its tests began: their homes all lie in `work`. */
async function clean() {
  if (running) process.kill(-running.pid, 'SIGKILL');
  await starting?.then(
    (infra) => infra.stop(),
    () => undefined,
  );
  const inside = (folders) =>
    folders.flatMap((f) => readdirSync(f, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? [join(f, e.name)] : [])));
  const homes = [...inside([work]), ...inside(inside([work]))].filter((f) => existsSync(join(f, 'state.json')));
  if (homes.length > 0) {
    const { endLeftOvers, Home } = await import('../deploy/local/dist/index.js');
    await Promise.all(homes.map((f) => endLeftOvers(new Home(f))));
  }
  rmSync(work, { recursive: true, force: true, maxRetries: 5 });
}
onSignal(() => {
  interrupted = true;
  return clean();
});

async function check(name, command, args) {
  try {
    await step(name, command, args, root);
    tally.passed += 1;
  } catch {
    tally.failed += 1;
    failures.push(name);
  }
}

/** Each failed test with the first lines of its message, and each file that could not run at all. */
function failuresOf(result) {
  const plain = (text) => stripVTControlCharacters(text).split('\n').slice(0, 12).join('\n    ');
  return result.testResults.flatMap((file) => {
    const failed = file.assertionResults.filter((t) => t.status === 'failed');
    if (failed.length === 0 && file.status === 'failed') return [`${relative(root, file.name)}\n    ${plain(file.message)}`];
    return failed.map((t) => `${relative(root, file.name)}: ${t.fullName}\n    ${plain(t.failureMessages[0] ?? '')}`);
  });
}

function jest(name, args, env = {}) {
  // No step starts or continues after the end has begun.
  if (interrupted) return new Promise(() => undefined);
  console.log(`\n${name}`);
  const out = join(work, `${name.replaceAll(/\W/g, '-')}.json`);
  return new Promise((done) => {
    const child = spawn(
      process.execPath,
      [
        '--experimental-vm-modules',
        '--disable-warning=ExperimentalWarning',
        join(root, 'node_modules/jest/bin/jest.js'),
        '--json',
        `--outputFile=${out}`,
        ...args,
      ],
      {
        cwd: root,
        // What a test leaves in the temporary folder is removed with the folder of this run.
        stdio: ['ignore', 'ignore', 'inherit'],
        // A process group of its own: jest can be ended together with its workers.
        detached: true,
        env: { ...process.env, TMPDIR: work, ...env },
      },
    );
    running = child;
    child.once('exit', (code) => {
      if (interrupted) return;
      running = undefined;
      try {
        const result = JSON.parse(readFileSync(out, 'utf8'));
        tally.passed += result.numPassedTests;
        tally.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
        tally.skipped += result.numPendingTests;
        failures.push(...failuresOf(result));
        // Jest can fail without a failed test (a leaked handle, a broken teardown).
        if (code !== 0 && result.numFailedTests + result.numRuntimeErrorTestSuites === 0) {
          tally.failed += 1;
          failures.push(`${name}: jest ended with ${code} although no test failed`);
        }
      } catch (error) {
        tally.failed += 1;
        failures.push(`${name}: no result (${error.message})`);
      }
      done();
    });
  });
}

try {
  await prepare(root, { ownBroker: !pure });
  if (!pure) {
    await check('format', process.execPath, ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.']);
    await check('openapi documents', process.execPath, ['tools/lint-openapi.mjs']);
    await check('boundaries', process.execPath, ['tools/boundaries.mjs']);
    await check('lint', process.execPath, [
      'node_modules/oxlint/bin/oxlint',
      '--type-aware',
      '--deny-warnings',
      'libs',
      'services',
      'deploy',
      'tools',
    ]);
  }
  if (!pure) await check('planted bugs fit', process.execPath, ['tools/mutants.mjs', '--check']);
  if (!pure && !fast) await check('image contents', process.execPath, ['tools/image-contents.mjs', 'intake', 'sla']);
  if (pure) {
    await jest('pure specs', [
      '--testPathPatterns',
      'libs/(kernel|contracts|business-time|directory|packs|engine)/.*\\.spec\\.js$',
      'services/.*/src/domain/.*\\.spec\\.js$',
      'services/.*/src/projections/.*\\.spec\\.js$',
    ]);
  } else {
    const { Stack } = await import('../deploy/local/dist/index.js');
    starting = Stack.infra({ home: join(work, 'infra'), mode: 'test', portBase: 0, unsafePostgres: true });
    const infra = await starting;
    const stack = JSON.stringify({ postgres: infra.postgresAdminUrl, kafka: infra.kafka, redis: infra.redis });
    await jest('libs, services, local stack', ['--maxWorkers=2'], { GONGDAN_TEST_STACK: stack });
    await infra.stop();
    if (!fast) {
      await jest('the whole system', ['--config', 'deploy/e2e/jest.config.mjs', '--runInBand']);
      await jest('packs that pass whole', ['--config', 'deploy/scenarios/jest.e2e.config.mjs', '--runInBand']);
    }
  }
} catch (error) {
  console.error(error);
  tally.failed += 1;
  failures.push(String(error));
} finally {
  await clean();
}
for (const failure of failures) console.log(`\n✗ ${failure}`);
console.log(`\nin ${Math.round((performance.now() - began) / 1000)} s`);
console.log(`${tally.passed} passed, ${tally.failed} failed${tally.skipped > 0 ? `, ${tally.skipped} skipped` : ''}`);
process.exit(tally.failed === 0 && tally.passed > 0 ? 0 : 1);
