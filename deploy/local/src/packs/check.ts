import { relative } from 'node:path';
import { describe, translated } from '@gongdan/packs';
import { type Lang } from './draw/words.js';
import { readPackFolder } from '@gongdan/packs/files';
import { folderOf } from '../commands/pack.js';
import { parsed, type Verb } from './verb.js';

export const check: Verb = {
  usage: 'check <folder>... [--json]',
  about: 'check.about',
  details: 'check.details',
  run(args, speech) {
    const { values, positionals } = parsed(check, args, speech, { json: 'boolean' });
    const all = positionals.flatMap((name) => mistakesOf(name, speech.lang));
    if (values.json) console.log(JSON.stringify(all, null, 2));
    else {
      const inFolder = all.map((m) => ({ ...m, file: m.folder === '' ? m.file : `${m.folder}/${m.file}` }));
      const [unread, read] = [inFolder.filter((m) => m.file === `${m.folder}/`), inFolder.filter((m) => m.file !== `${m.folder}/`)];
      for (const { rule } of unread) console.log(rule);
      if (read.length > 0) console.log(describe(read));
      console.log(
        all.length === 0
          ? speech.say(positionals.length === 1 ? 'check.fineOne' : 'check.fine', { n: positionals.length })
          : `\n${speech.say(all.length === 1 ? 'check.countOne' : 'check.count', { n: all.length })}`,
      );
    }
    if (all.length > 0) process.exitCode ??= 1;
  },
};

/** What `check --json` prints of a mistake; `code` is the same in both languages. */
interface Told {
  folder: string;
  file: string;
  line?: number;
  column?: number;
  pointer: string;
  code: string;
  rule: string;
}

function mistakesOf(name: string, lang: Lang): Told[] {
  const folder = folderOf(name);
  // A folder elsewhere is named as a whole: a row of ../ says nothing.
  const here = relative(process.cwd(), folder);
  const place = here.startsWith('..') ? folder : here;
  const told = <T extends { rule: string }>(m: T): T & { folder: string; code: string } => ({
    folder: place,
    ...m,
    ...inLanguage(m.rule, lang),
  });
  try {
    return readPackFolder(folder).mistakes.map(told);
  } catch (error) {
    process.exitCode = 2;
    // The message names the folder.
    const { code, rule } = inLanguage((error as Error).message, lang);
    return [{ folder: place, file: '', pointer: '', code, rule }];
  }
}

/** A mistake with its code, in the language of the call. */
export function inLanguage(rule: string, lang: Lang): { code: string; rule: string } {
  const { code, text } = translated(rule);
  return { code, rule: lang === 'zh-CN' ? text : rule };
}
