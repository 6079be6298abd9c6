// `npm test`: everything the README promises, from nothing. Ends with one plain line, `N passed, N failed`.
//   --pure   only the specs that need no Postgres, Kafka or Redis (seconds)
//   --fast   without e2e and the fault run
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepare, step } from './prepare.mjs';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));
const pure = process.argv.includes('--pure');
const fast = process.argv.includes('--fast');
const began = performance.now();
const work = mkdtempSync(join(tmpdir(), 'gongdan-test-'));
// Postgres does not run as root: its folder must be enterable by another user.
chmodSync(work, 0o755);
const tally = { passed: 0, failed: 0, skipped: 0 };

async function check(name, command, args) {
  try {
    await step(name, command, args, root);
    tally.passed += 1;
  } catch {
    tally.failed += 1;
  }
}

function jest(name, args, env = {}) {
  console.log(`\n${name}`);
  const out = join(work, `${name.replaceAll(/\W/g, '-')}.json`);
  return new Promise((done) => {
    const child = spawn(
      process.execPath,
      ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', join(root, 'node_modules/jest/bin/jest.js'), '--json', `--outputFile=${out}`, ...args],
      {
        cwd: root,
        // What a test leaves in the temporary folder goes with this run's.
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, TMPDIR: work, ...env },
      },
    );
    child.once('exit', (code) => {
      try {
        const result = JSON.parse(readFileSync(out, 'utf8'));
        tally.passed += result.numPassedTests;
        tally.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
        tally.skipped += result.numPendingTests;
        // Jest can fail without a failed test (a leaked handle, a broken teardown).
        if (code !== 0 && result.numFailedTests + result.numRuntimeErrorTestSuites === 0) tally.failed += 1;
      } catch {
        tally.failed += 1;
      }
      done();
    });
  });
}

let infra;
try {
  await prepare(root);
  if (!pure) {
    await check('boundaries', process.execPath, ['tools/boundaries.mjs']);
    await check('lint', process.execPath, ['node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings', 'libs', 'services', 'deploy', 'tools']);
  }
  if (pure) {
    await jest('pure specs', ['--testPathPatterns', 'libs/(kernel|contracts|business-time|packs)/.*\\.spec\\.js$', 'services/.*/src/domain/.*\\.spec\\.js$', 'services/.*/src/projections/.*\\.spec\\.js$']);
  } else {
    const { Stack } = await import('../deploy/local/dist/index.js');
    infra = await Stack.infra({ home: join(work, 'infra'), mode: 'test', portBase: 0, unsafePostgres: true });
    const stack = JSON.stringify({ postgres: infra.postgresAdminUrl, kafka: infra.kafka, redis: infra.redis });
    await jest('libs, services, local stack', ['--maxWorkers=2'], { GONGDAN_TEST_STACK: stack });
    await infra.stop();
    infra = undefined;
    if (!fast) await jest('the whole system', ['--config', 'deploy/e2e/jest.config.mjs', '--runInBand']);
  }
} catch (error) {
  console.error(error);
  tally.failed += 1;
} finally {
  await infra?.stop();
  rmSync(work, { recursive: true, force: true });
}
console.log(`\nin ${Math.round((performance.now() - began) / 1000)} s`);
console.log(`${tally.passed} passed, ${tally.failed} failed${tally.skipped > 0 ? `, ${tally.skipped} skipped` : ''}`);
process.exit(tally.failed === 0 && tally.passed > 0 ? 0 : 1);
