// `npm run mutants`: plants one bug at a time in a copy of the tree and runs the specs that must notice it. A guard that no test defends is
// a guard that the next change may lose.
//   npm run mutants                      every planted bug
//   npm run mutants -- outbox marks      only ids that start with one of the words
//   npm run mutants -- --check           plants nothing: every patch must still fit its file (part of `npm test`)
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTANTS } from './mutants/index.mjs';
import { onSignal } from './on-signal.mjs';
import { prepare } from './prepare.mjs';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));
if (process.argv.includes('--help')) {
  console.log('npm run mutants [-- <beginning of an id> …] [-- --check]');
  process.exit(0);
}
const words = process.argv.slice(2).filter((a) => !a.startsWith('--'));
const chosen = MUTANTS.filter((m) => words.length === 0 || words.some((w) => m.id.startsWith(w)));

/** The patched text, or the reason why the patch no longer fits. */
function planted(mutant, text) {
  let out = text;
  for (const [find, replace] of mutant.patch) {
    const places = out.split(find).length - 1;
    if (places !== 1) return { mistake: `${mutant.id}: "${find.slice(0, 80)}" stands ${places} times in ${mutant.file}` };
    out = out.replace(find, () => replace);
  }
  return { text: out };
}

function checkAll() {
  const mistakes = [];
  const ids = new Set();
  for (const mutant of chosen) {
    if (ids.has(mutant.id)) mistakes.push(`${mutant.id} stands twice`);
    ids.add(mutant.id);
    const path = join(root, mutant.file);
    if (!existsSync(path)) mistakes.push(`${mutant.id}: there is no ${mutant.file}`);
    else {
      const { mistake } = planted(mutant, readFileSync(path, 'utf8'));
      if (mistake) mistakes.push(mistake);
    }
    const spec = join(root, mutant.spec);
    if (!existsSync(spec)) mistakes.push(`${mutant.id}: there is no ${mutant.spec}`);
    else if (
      mutant.test !== undefined &&
      !mutant.test.split('|').every((t) => readFileSync(spec, 'utf8').includes(t) || suiteOf(spec).includes(t))
    )
      mistakes.push(`${mutant.id}: no test of ${mutant.spec} is called "${mutant.test}"`);
  }
  return mistakes;
}

/** The bus suite is a few files that two specs import. */
function suiteOf(spec) {
  const suites = readdirSync(dirname(spec)).filter((f) => /^bus\b.*\.suite\.ts$/.test(f));
  return suites.map((f) => readFileSync(join(dirname(spec), f), 'utf8')).join('\n');
}

const mistakes = checkAll();
if (mistakes.length > 0) {
  console.error(mistakes.join('\n'));
  process.exit(1);
}
if (process.argv.includes('--check')) {
  console.log(`${chosen.length} planted bugs fit their files`);
  process.exit(0);
}

await prepare(root);
const { Stack } = await import('../deploy/local/dist/index.js');
// On the same file system as the packages, which are linked and not copied; the developer's own tree is never touched.
mkdirSync(join(root, '.gongdan'), { recursive: true });
const tree = mkdtempSync(join(root, '.gongdan', 'mutants-'));
const work = mkdtempSync(join(tmpdir(), 'gongdan-mutants-'));
chmodSync(work, 0o755);
let starting;
const clean = async () => {
  await starting?.then(
    (infra) => infra.stop(),
    () => undefined,
  );
  rmSync(tree, { recursive: true, force: true });
  rmSync(work, { recursive: true, force: true });
};
onSignal(clean);

function must(command, args, options = {}) {
  const run = spawnSync(command, args, { cwd: tree, encoding: 'utf8', maxBuffer: 1 << 28, ...options });
  if (run.status !== 0) throw new Error(`${command} ${args.join(' ').slice(0, 200)}: ${run.stdout}${run.stderr}`);
  return run.stdout;
}

const began = performance.now();
const survivors = [];
try {
  starting = Stack.infra({ home: join(work, 'infra'), mode: 'test', portBase: 0, unsafePostgres: true });
  const infra = await starting;
  const env = {
    ...process.env,
    TMPDIR: work,
    GONGDAN_TEST_STACK: JSON.stringify({ postgres: infra.postgresAdminUrl, kafka: infra.kafka, redis: infra.redis }),
  };
  const files = must('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root })
    .split('\0')
    .filter((f) => f && existsSync(join(root, f)));
  must('tar', ['-C', root, '--null', '-T', '-', '-cf', join(work, 'tree.tar')], { input: files.join('\0') });
  must('tar', ['-C', tree, '-xf', join(work, 'tree.tar')]);
  must('cp', ['-al', join(root, 'node_modules'), join(tree, 'node_modules')]);
  // A planted bug often leaves a parameter unused; the compiler must not be the one that notices.
  const base = join(tree, 'tsconfig.base.json');
  writeFileSync(base, readFileSync(base, 'utf8').replace(/"noUnused(Locals|Parameters)": true/g, '"noUnused$1": false'));
  const build = () => spawnSync(process.execPath, ['node_modules/@typescript/native/bin/tsc', '-b'], { cwd: tree, encoding: 'utf8' });
  const jest = (spec, test) => {
    const out = join(work, 'result.json');
    rmSync(out, { force: true });
    const compiled = spec
      .replace(/^(libs|deploy)\/([^/]+)\/src\//, '$1/$2/dist/')
      .replace(/^services\/([^/]+)\//, 'services/$1/dist/')
      .replace(/\.ts$/, '.js');
    const args = [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      '--runInBand',
      '--silent',
      '--bail',
      '--json',
      `--outputFile=${out}`,
      '--runTestsByPath',
      compiled,
    ];
    if (test !== undefined) args.push('--testNamePattern', test.replace(/[.*+?^${}()[\]\\]/g, '\\$&'));
    spawnSync(process.execPath, args, { cwd: tree, env, encoding: 'utf8', timeout: 120_000 });
    // Without a result the run hung or crashed: with a bug planted, that is a red run.
    return existsSync(out) ? JSON.parse(readFileSync(out, 'utf8')) : { numFailedTests: 1, numPassedTests: 0, numRuntimeErrorTestSuites: 0 };
  };
  const first = build();
  if (first.status !== 0) throw new Error(first.stdout);
  const healthy = new Map();
  for (const mutant of chosen) {
    const start = performance.now();
    const which = `${mutant.spec}|${mutant.test ?? ''}`;
    if (!healthy.has(which)) {
      const clean = jest(mutant.spec, mutant.test);
      healthy.set(which, clean.numFailedTests + clean.numRuntimeErrorTestSuites === 0 && clean.numPassedTests > 0);
    }
    const path = join(tree, mutant.file);
    const before = readFileSync(path, 'utf8');
    writeFileSync(path, planted(mutant, before).text);
    const built = build();
    let verdict;
    if (!healthy.get(which)) verdict = 'is not decided: its specs fail without it';
    else if (built.status !== 0) verdict = `does not compile: ${built.stdout.slice(0, 400)}`;
    else {
      const result = jest(mutant.spec, mutant.test);
      verdict = result.numFailedTests + result.numRuntimeErrorTestSuites > 0 ? undefined : 'SURVIVED';
    }
    writeFileSync(path, before);
    if (verdict !== undefined) survivors.push(`${mutant.id} (${mutant.invariant}): ${verdict}`);
    console.log(
      `${verdict === undefined ? '✓' : '✗'} ${mutant.id}  ${mutant.invariant}  (${((performance.now() - start) / 1000).toFixed(0)} s)${verdict === undefined ? '' : `  ${verdict}`}`,
    );
  }
} finally {
  await clean();
}
console.log(`\nin ${Math.round((performance.now() - began) / 1000)} s`);
if (survivors.length > 0) console.error(survivors.join('\n'));
console.log(`${chosen.length - survivors.length} caught, ${survivors.length} not`);
process.exit(survivors.length === 0 ? 0 : 1);
