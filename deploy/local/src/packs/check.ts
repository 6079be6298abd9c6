import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { describe } from '@gongdan/packs';
import { readPackFolder } from '@gongdan/packs/files';
import { folderOf } from '../commands/pack.js';
import { type Verb } from './verb.js';

export const check: Verb = {
  usage: 'check <folder>... [--json]',
  about: 'reports every mistake of packs, one per line: file:line:column path: what is wrong; what would be right',
  details: `Exit code 0: no mistake, 1: mistakes, 2: a folder could not be read. With --json an array of {folder, file, line, column, pointer, rule} is printed.`,
  run(args) {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { json: { type: 'boolean' } } });
    if (positionals.length === 0) throw new Error('name a folder: gongdan pack check <folder>');
    const all = positionals.flatMap((name) => mistakesOf(name));
    if (values.json) console.log(JSON.stringify(all, null, 2));
    else {
      const inFolder = all.map(({ folder, ...m }) => ({ ...m, file: folder === '' ? m.file : `${folder}/${m.file}` }));
      if (all.length > 0) console.log(describe(inFolder));
      console.log(
        all.length === 0
          ? `${positionals.length === 1 ? 'The pack has' : `${positionals.length} packs have`} no mistake.`
          : `\n${all.length} mistake${all.length === 1 ? '' : 's'}`,
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
