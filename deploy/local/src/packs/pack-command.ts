import { type Command } from '../commands/command.js';
import { check } from './check.js';
import { diff } from './diff.js';
import { draw } from './draw.js';
import { list, publish } from './publish.js';
import { directory } from './sample-directory.js';
import { schema } from './schema.js';
import { tryPack } from './try.js';
import { type Verb } from './verb.js';

const VERBS: Readonly<Record<string, Verb>> = { check, draw, try: tryPack, diff, schema, publish, directory, list };

function help(): string {
  const width = Math.max(...Object.values(VERBS).map((v) => v.usage.length)) + 2;
  const lines = Object.values(VERBS).map((v) => `  ${v.usage.padEnd(width)}${v.about}`);
  return `gongdan pack <command>\n\n${lines.join('\n')}\n\nA pack is a folder of YAML files, or the name of a shipped pack. docs/packs-howto.md shows how to write one.`;
}

export const pack: Command = {
  usage: `pack ${Object.keys(VERBS).join('|')} …`,
  about: 'checks, draws and publishes process packs (gongdan pack --help)',
  help([name = '']) {
    const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
    return verb ? `gongdan pack ${verb.usage}\n\n${verb.about}${verb.details === undefined ? '' : `\n\n${verb.details}`}` : help();
  },
  async run([name, ...args]) {
    // `load` is the older name of publish.
    const verb = VERBS[name === undefined ? 'list' : name === 'load' ? 'publish' : name];
    if (!verb) throw new Error(`there is no gongdan pack ${name ?? ''}\n\n${help()}`);
    await verb.run(args);
  },
};
