import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { describe } from '@gongdan/packs';
import { readPackFolder } from '@gongdan/packs/files';
import { PackFormat2, SampleDirectory } from '@gongdan/packs/format2';
import { folderOf } from '../commands/pack.js';
import { diagramOf } from './draw/model.js';
import { svgOf } from './draw/svg.js';
import { type Lang } from './draw/words.js';
import { type Verb } from './verb.js';

/** The picture of a pack in a folder. Throws when the pack has mistakes: a picture of a broken process would mislead. */
export async function drawPack(folder: string, lang?: Lang): Promise<{ svg: string; key: string; lang: Lang }> {
  const { json, directory, mistakes } = readPackFolder(folder);
  if (mistakes.length > 0) throw new Error(`the pack has mistakes; see gongdan pack check\n${describe(mistakes.slice(0, 10))}`);
  const pack = PackFormat2.safeParse(json);
  if (!pack.success) throw new Error('only packs of format 2 can be drawn');
  const sample = SampleDirectory.safeParse(directory);
  const spoken = lang ?? pack.data.pack.language;
  return {
    svg: await svgOf(diagramOf(pack.data, spoken, sample.success ? sample.data : undefined)),
    key: pack.data.pack.key,
    lang: spoken,
  };
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
