#!/usr/bin/env node
import { existsSync } from 'node:fs';

if (!existsSync(new URL('../dist/cli.js', import.meta.url))) {
  console.error('Gongdan is not built: run `npm start` (or `npm run build`) first.');
  process.exit(1);
}
await import('../dist/cli.js');
