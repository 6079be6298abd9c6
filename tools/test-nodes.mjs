// `npm run test:nodes [-- 22 24 …]`: the tests without the e2e tier, once on each supported version of Node. The binaries come from the npm
// package `node` and stay in .gongdan/nodes.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));
const asked = process.argv.slice(2).filter((a) => /^\d+$/.test(a));
const flags = process.argv.slice(2).filter((a) => a.startsWith('--'));
let failed = false;
for (const version of asked.length > 0 ? asked : ['22', '24', '26']) {
  const home = join(root, '.gongdan', 'nodes', version);
  const bin = join(home, 'node_modules', 'node', 'bin');
  if (!existsSync(join(bin, 'node'))) {
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'package.json'), '{ "private": true }\n');
    // The package's install script links the binary of this platform into place.
    const install = spawnSync('npm', ['install', '--no-audit', '--no-fund', `node@${version}`], { cwd: home, stdio: 'inherit' });
    if (install.status !== 0 || !existsSync(join(bin, 'node'))) {
      console.error(`Node ${version} cannot be installed from the npm registry`);
      process.exit(1);
    }
  }
  const node = join(bin, 'node');
  console.log(`\nNode ${spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()}`);
  const run = spawnSync(node, ['tools/test.mjs', ...(flags.length > 0 ? flags : ['--fast'])], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` },
  });
  failed ||= run.status !== 0;
}
process.exit(failed ? 1 : 0);
