// npm 11 leaves optional packages of foreign platforms out of the lock when the registry in use does not hold them, and `npm ci`
// then calls the lock out of sync (npm/cli #4828). This adds the missing entries; they carry no integrity, because there is no tarball
// to hash, and npm skips them on every platform but their own. Run by `npm run lock`; checked by tools/boundaries.mjs.
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const platforms = /(?:^|[-/])(darwin|linux|win32|freebsd|android|openharmony|netbsd|openbsd|sunos|aix|wasm32)/;
const cpus = /-(arm64|x64|ia32|arm|s390x|ppc64|riscv64|loong64|mips64el|wasm32)(?:-|$)/;

let added = 0;
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    const nested = `${path}/node_modules/${name}`;
    const top = `node_modules/${name}`;
    if (lock.packages[nested] || lock.packages[top] || !/^\d/.test(range)) continue;
    const short = name.split('/').pop();
    const os = platforms.exec(short)?.[1];
    const cpu = cpus.exec(short)?.[1];
    lock.packages[top] = {
      version: range,
      ...(cpu ? { cpu: [cpu === 'wasm32' ? 'wasm32' : cpu] } : {}),
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
      ...(os && os !== 'wasm32' ? { os: [os] } : {}),
    };
    added += 1;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
if (added > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`package-lock.json: ${added} platform entries added`);
