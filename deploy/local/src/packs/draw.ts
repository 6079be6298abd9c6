import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { folderOf } from '../commands/pack.js';
import { diagramOf } from './draw/model.js';
import { svgOf } from './draw/svg.js';
import { type Lang } from './draw/words.js';
import { withFile } from './files.js';
import { type PackMistake } from '@gongdan/packs/files';
import { listed, packToDraw } from './packs-on-disk.js';
import { type Speech } from './texts.js';
import { parsed, type Verb } from './verb.js';

interface Drawn {
  svg: string;
  key: string;
  lang: Lang;
  mistakes: readonly PackMistake[];
}

/** The picture of a pack in a folder, of one with mistakes as far as it can be read. Throws when its process cannot be read at all. */
export async function drawPack(folder: string, lang?: Lang, speech?: Speech): Promise<Drawn> {
  const { pack, sample, mistakes } = packToDraw(folder, speech);
  const spoken = lang ?? pack.pack.language;
  return { svg: await svgOf(diagramOf(pack, spoken, sample, mistakes.length)), key: pack.pack.key, lang: spoken, mistakes };
}

export const draw: Verb = {
  usage: 'draw <folder> [--lang zh-CN|en] [--out file.svg]',
  about: 'draw.about',
  async run(args, speech) {
    const { values, positionals } = parsed(draw, args, speech, { out: 'string' });
    const { svg, key, mistakes } = await drawPack(folderOf(positionals[0] ?? ''), speech.chosen ? speech.lang : undefined, speech);
    if (values.out === '-') process.stdout.write(svg);
    else {
      const file = resolve(values.out ?? `${key}.svg`);
      withFile(file, speech, () => {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, svg);
      });
      console.log(file);
    }
    if (mistakes.length === 0) return;
    console.error(`${speech.say('draw.broken')}\n${listed(mistakes, speech)}`);
    process.exitCode ??= 1;
  },
};
