import { relative } from 'node:path';
import { describe } from '@gongdan/packs';
import { readPackFolder } from '@gongdan/packs/files';
import { folderOf } from '../commands/pack.js';
import { parsed, type Verb } from './verb.js';

export const check: Verb = {
  usage: 'check <folder>... [--json]',
  about: 'check.about',
  details: 'check.details',
  run(args, speech) {
    const { values, positionals } = parsed(check, args, speech, { json: 'boolean' });
    const all = positionals.flatMap((name) => mistakesOf(name));
    if (values.json) console.log(JSON.stringify(all, null, 2));
    else {
      const inFolder = all.map(({ folder, ...m }) => ({ ...m, file: folder === '' ? m.file : `${folder}/${m.file}` }));
      if (all.length > 0) console.log(describe(inFolder));
      console.log(
        all.length === 0
          ? speech.say(positionals.length === 1 ? 'check.fineOne' : 'check.fine', { n: positionals.length })
          : `\n${speech.say(all.length === 1 ? 'check.countOne' : 'check.count', { n: all.length })}`,
      );
    }
    if (all.length > 0) process.exitCode ??= 1;
  },
};

function mistakesOf(name: string): { folder: string; file: string; line?: number; column?: number; pointer: string; rule: string }[] {
  const folder = folderOf(name);
  try {
    return readPackFolder(folder).mistakes.map((m) => ({ folder: relative(process.cwd(), folder), ...m }));
  } catch (error) {
    process.exitCode = 2;
    return [{ folder: relative(process.cwd(), folder), file: '', pointer: '', rule: (error as Error).message }];
  }
}
