import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from '@gongdan/packs';
import { readPackFolder } from '@gongdan/packs/files';
import { parse } from 'yaml';
import { onInput, reply } from './worker.js';

export interface ReadPacksResult {
  packs: number;
  bytes: number;
  ms: number;
  /** Packs that have mistakes, with the first of each. */
  broken: string[];
}

/** Reads and checks every pack of a folder once, in a fresh process as `gongdan pack check` does; with `floor` it only parses their files. */
onInput(async ({ folder, floor }: { folder: string; floor: boolean }) => {
  const folders = readdirSync(folder).map((name) => join(folder, name));
  const files = folders.flatMap((f) => readdirSync(f).map((name) => join(f, name))).filter((f) => f.endsWith('.yaml'));
  const begin = performance.now();
  const broken: string[] = [];
  if (floor) for (const file of files) parse(readFileSync(file, 'utf8'));
  else
    for (const f of folders) {
      const [first] = readPackFolder(f).mistakes;
      if (first !== undefined) broken.push(`${f.split('/').at(-1)}: ${describe([first])}`);
    }
  const ms = performance.now() - begin;
  reply({ packs: folders.length, bytes: files.reduce((sum, f) => sum + statSync(f).size, 0), ms, broken });
});
