import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { folderOf } from '../commands/pack.js';
import { diagramOf } from './draw/model.js';
import { svgOf } from './draw/svg.js';
import { type Lang } from './draw/words.js';
import { packOnDisk } from './packs-on-disk.js';
import { type Verb } from './verb.js';

/** The picture of a pack in a folder. Throws when the pack has mistakes. */
export async function drawPack(folder: string, lang?: Lang): Promise<{ svg: string; key: string; lang: Lang }> {
  const { pack, sample } = packOnDisk(folder);
  const spoken = lang ?? pack.pack.language;
  return { svg: await svgOf(diagramOf(pack, spoken, sample)), key: pack.pack.key, lang: spoken };
}

export const draw: Verb = {
  usage: 'draw <folder> [--lang zh-CN|en] [--out file.svg]',
  about: 'draws the process as an SVG: steps by state, holders, limits, side tasks, what happens by itself',
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { lang: { type: 'string' }, out: { type: 'string' } },
    });
    const [name] = positionals;
    if (name === undefined) throw new Error('name a folder: gongdan pack draw <folder>');
    if (values.lang !== undefined && values.lang !== 'zh-CN' && values.lang !== 'en') throw new Error('--lang is zh-CN or en');
    const { svg, key } = await drawPack(folderOf(name), values.lang);
    if (values.out === '-') process.stdout.write(svg);
    else {
      const file = resolve(values.out ?? `${key}.svg`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, svg);
      console.log(file);
    }
  },
};
