// `npm run mutants`: plants one bug at a time in a copy of the tree and runs the specs that must notice it. A guard that no test defends is
// a guard that the next change may lose.
//   npm run mutants                      every planted bug
//   npm run mutants -- outbox marks      only ids that start with one of the words
//   npm run mutants -- --check           plants nothing: every patch must still fit its file (part of `npm test`)
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
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
/** A run mostly waits for the broker and for timers: three at a time keep two cores busy. */
const LANES = Math.min(3, chosen.length);
// On the same file system as the packages, which are linked and not copied; the developer's own tree is never touched.
mkdirSync(join(root, '.gongdan'), { recursive: true });
const trees = Array.from({ length: LANES }, () => mkdtempSync(join(root, '.gongdan', 'mutants-')));
const work = mkdtempSync(join(tmpdir(), 'gongdan-mutants-'));
chmodSync(work, 0o755);
let starting;
const clean = async () => {
  await starting?.then(
    (infra) => infra.stop(),
    () => undefined,
  );
  for (const folder of [...trees, work]) rmSync(folder, { recursive: true, force: true });
};
onSignal(clean);

function must(command, args, options = {}) {
  const run = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options });
  if (run.status !== 0) throw new Error(`${command} ${args.join(' ').slice(0, 200)}: ${run.stdout}${run.stderr}`);
}

/** Runs Node in a tree and returns its exit code and output; it is killed after two minutes. */
function node(tree, args, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: tree, env, timeout: 120_000, killSignal: 'SIGKILL' });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

/** One copy of the tree, in which one bug after the other is planted. */
class Lane {
  constructor(tree, env) {
    this.tree = tree;
    this.out = join(work, `${basename(tree)}.json`);
    this.env = env;
  }

  fill(archive) {
    must('tar', ['-C', this.tree, '-xf', archive]);
    must('cp', ['-al', join(root, 'node_modules'), join(this.tree, 'node_modules')]);
    // A planted bug often leaves a parameter unused; the compiler must not be the one that notices.
    const base = join(this.tree, 'tsconfig.base.json');
    writeFileSync(base, readFileSync(base, 'utf8').replace(/"noUnused(Locals|Parameters)": true/g, '"noUnused$1": false'));
  }

  build() {
    return node(this.tree, ['node_modules/@typescript/native/bin/tsc', '-b']);
  }

  /** 'green', 'red', or 'none' when no test ran. Without a result the run hung or crashed: with a bug planted, that is a red run. */
  async test({ spec, test }) {
    rmSync(this.out, { force: true });
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
      '--testTimeout=30000',
      '--json',
      `--outputFile=${this.out}`,
      '--runTestsByPath',
      compiled,
    ];
    if (test !== undefined) args.push('--testNamePattern', test.replace(/[.*+?^${}()[\]\\]/g, '\\$&'));
    await node(this.tree, args, this.env);
    if (!existsSync(this.out)) return 'red';
    const result = JSON.parse(readFileSync(this.out, 'utf8'));
    if (result.numFailedTests + result.numRuntimeErrorTestSuites > 0) return 'red';
    return result.numPassedTests > 0 ? 'green' : 'none';
  }

  /** Returns what is wrong with the planted bug; undefined when its specs notice it. */
  async verdict(mutant) {
    const path = join(this.tree, mutant.file);
    const before = readFileSync(path, 'utf8');
    if (!(await this.isHealthy(mutant))) return 'is not decided: its specs fail without it';
    writeFileSync(path, planted(mutant, before).text);
    try {
      const built = await this.build();
      if (built.code !== 0) return `does not compile: ${built.output.slice(0, 400)}`;
      return (await this.test(mutant)) === 'red' ? undefined : 'SURVIVED';
    } finally {
      writeFileSync(path, before);
      this.stale = true;
    }
  }

  /** Whether the specs pass without the bug. All lanes share the answer. */
  async isHealthy(mutant) {
    const which = `${mutant.spec}|${mutant.test ?? ''}`;
    if (!healthy.has(which)) {
      healthy.set(
        which,
        (async () => {
          // What was built last still holds the previous bug.
          if (this.stale !== false) await this.build();
          this.stale = false;
          return (await this.test(mutant)) === 'green';
        })(),
      );
    }
    return healthy.get(which);
  }
}

const began = performance.now();
const healthy = new Map();
const survivors = [];
try {
  starting = Stack.infra({ home: join(work, 'infra'), mode: 'test', portBase: 0, unsafePostgres: true });
  const infra = await starting;
  const env = {
    ...process.env,
    TMPDIR: work,
    GONGDAN_TEST_STACK: JSON.stringify({ postgres: infra.postgresAdminUrl, kafka: infra.kafka, redis: infra.redis }),
  };
  const files = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
    .stdout.split('\0')
    .filter((f) => f && existsSync(join(root, f)));
  const archive = join(work, 'tree.tar');
  must('tar', ['-C', root, '--null', '-T', '-', '-cf', archive], { input: files.join('\0') });
  const queue = [...chosen];
  await Promise.all(
    trees.map(async (tree) => {
      const lane = new Lane(tree, env);
      lane.fill(archive);
      const first = await lane.build();
      if (first.code !== 0) throw new Error(first.output);
      for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
        const start = performance.now();
        const verdict = await lane.verdict(mutant);
        if (verdict !== undefined) survivors.push(`${mutant.id} (${mutant.invariant}): ${verdict}`);
        console.log(
          `${verdict === undefined ? '✓' : '✗'} ${mutant.id}  ${mutant.invariant}  (${((performance.now() - start) / 1000).toFixed(0)} s)${verdict === undefined ? '' : `  ${verdict}`}`,
        );
      }
    }),
  );
} finally {
  await clean();
}
console.log(`\nin ${Math.round((performance.now() - began) / 1000)} s`);
if (survivors.length > 0) console.error(survivors.join('\n'));
console.log(`${chosen.length - survivors.length} caught, ${survivors.length} not`);
process.exit(survivors.length === 0 ? 0 : 1);
