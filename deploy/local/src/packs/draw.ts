import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { folderOf } from '../commands/pack.js';
import { diagramOf } from './draw/model.js';
import { svgOf } from './draw/svg.js';
import { type Lang } from './draw/words.js';
import { withFile } from './files.js';
import { packOnDisk } from './packs-on-disk.js';
import { type Speech } from './texts.js';
import { parsed, type Verb } from './verb.js';

/** The picture of a pack in a folder. Throws when the pack has mistakes. */
export async function drawPack(folder: string, lang?: Lang, speech?: Speech): Promise<{ svg: string; key: string; lang: Lang }> {
  const { pack, sample } = packOnDisk(folder, speech);
  const spoken = lang ?? pack.pack.language;
  return { svg: await svgOf(diagramOf(pack, spoken, sample)), key: pack.pack.key, lang: spoken };
}

export const draw: Verb = {
  usage: 'draw <folder> [--lang zh-CN|en] [--out file.svg]',
  about: 'draw.about',
  async run(args, speech) {
    const { values, positionals } = parsed(draw, args, speech, { out: 'string' });
    const { svg, key } = await drawPack(folderOf(positionals[0] ?? ''), speech.chosen ? speech.lang : undefined, speech);
    if (values.out === '-') process.stdout.write(svg);
    else {
      const file = resolve(values.out ?? `${key}.svg`);
      withFile(file, speech, () => {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, svg);
      });
      console.log(file);
    }
  },
};
