import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { compile } from '@gongdan/engine';
import { PackCache } from '@gongdan/packs';
import { readPackFolder } from '@gongdan/packs/files';
import { onInput, reply } from './worker.js';

export interface PackMemory {
  packs: number;
  published: number;
  /** Documents in the cache at the end. */
  kept: number;
  /** Bytes of heap with the packs of one organisation, and of all. */
  one: number;
  all: number;
  rss: number;
}

/** Asks for each pack of each organisation as a service does. With `differ` no two organisations have the same document. */
onInput(async ({ folder, organisations, differ }: { folder: string; organisations: number; differ: boolean }) => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const heap = (): number => {
    gc();
    gc();
    return process.memoryUsage().heapUsed;
  };
  const texts = readdirSync(folder).map((name) => JSON.stringify(readPackFolder(join(folder, name)).json));
  const cache = new PackCache();
  const before = heap();
  let one = 0;
  for (let org = 1; org <= organisations; org++) {
    for (const [i, text] of texts.entries()) {
      // White space makes another document with the same meaning.
      const pack = await cache.get(`org-${org}|${i}|1`, async () => (differ ? `${text}${' '.repeat(org)}` : text));
      if (pack !== undefined) compile(pack);
    }
    if (org === 1) one = heap() - before;
  }
  const all = heap() - before;
  const { rss } = process.memoryUsage();
  reply({ packs: texts.length, published: texts.length * organisations, kept: cache.size, one, all, rss } satisfies PackMemory);
});
