// Collects what one service's image needs: compiled code without specs, pack data, the manifests of its workspaces, production dependencies.
//   node tools/stage-image.mjs <service> <folder>
// The Dockerfile runs it after the build; `npm test` runs it to check what an image carries.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));
const [service, folder] = process.argv.slice(2);
if (service === undefined || folder === undefined || !existsSync(join(root, 'services', service))) {
  console.error('usage: node tools/stage-image.mjs <service> <folder>');
  process.exit(2);
}
const out = resolve(folder);
const manifestOf = (dir) => JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
const workspaces = ['libs', 'services', 'deploy']
  .flatMap((base) => readdirSync(join(root, base)).map((name) => `${base}/${name}`))
  .filter((dir) => existsSync(join(root, dir, 'package.json')));
const byName = new Map(workspaces.map((dir) => [manifestOf(join(root, dir)).name, dir]));

/** The workspaces a service reaches through production dependencies. */
function needed(dir, found = new Set()) {
  found.add(dir);
  for (const name of Object.keys(manifestOf(join(root, dir)).dependencies ?? {})) {
    const target = byName.get(name);
    if (target !== undefined && !found.has(target)) needed(target, found);
  }
  return found;
}

const carried = needed(`services/${service}`);
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
for (const file of ['package.json', 'package-lock.json', ...workspaces.map((dir) => `${dir}/package.json`)]) {
  cpSync(join(root, file), join(out, file));
}
// npm compares the lock with every workspace it names, so their manifests stay until the install is done.
const install = spawnSync(
  'npm',
  ['ci', '--ignore-scripts', '--omit=dev', '--omit=optional', '--prefer-offline', '--no-audit', '--no-fund', '-w', `services/${service}`],
  { cwd: out, encoding: 'utf8' },
);
if (install.status !== 0) {
  console.error(install.stdout, install.stderr);
  process.exit(1);
}
const isTestCode = (path) => /\.(spec|svc-spec|suite)\.|\/dist\/test\/|\/dist\/(testing|sample-service)\./.test(path);
for (const dir of workspaces) {
  if (!carried.has(dir)) {
    rmSync(join(out, dir), { recursive: true, force: true });
    continue;
  }
  cpSync(join(root, dir), join(out, dir), {
    recursive: true,
    filter: (path) => {
      const inside = path.slice(join(root, dir).length);
      if (/^\/(src|test|node_modules|tsconfig|jest\.config|project\.json)/.test(inside) || /\.(d\.ts|d\.ts\.map|tsbuildinfo)$/.test(inside))
        return false;
      return !isTestCode(path);
    },
  });
}
// npm links every workspace whose manifest it saw.
for (const [name, dir] of byName) {
  if (!carried.has(dir)) rmSync(join(out, 'node_modules', name), { force: true });
}
