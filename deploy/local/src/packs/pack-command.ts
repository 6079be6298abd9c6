import { type Command } from '../commands/command.js';
import { check } from './check.js';
import { diff } from './diff.js';
import { draw } from './draw.js';
import { plans } from './plans.js';
import { explain } from './explain.js';
import { list, publish } from './publish.js';
import { replay } from './replay.js';
import { directory } from './sample-directory.js';
import { schema } from './schema.js';
import { type Speech, speechOf } from './texts.js';
import { tryPack } from './try.js';
import { type Verb } from './verb.js';

const VERBS: Readonly<Record<string, Verb>> = { check, draw, try: tryPack, plans, diff, replay, explain, schema, publish, directory, list };

function help(speech: Speech): string {
  const width = Math.max(...Object.values(VERBS).map((v) => v.usage.length)) + 2;
  const lines = Object.values(VERBS).map((v) => `  ${v.usage.padEnd(width)}${speech.say(v.about)}`);
  return `gongdan pack <command>\n\n${lines.join('\n')}\n\n${speech.say('pack.intro')}\n${speech.say('pack.lang')}`;
}

export const pack: Command = {
  usage: `pack ${Object.keys(VERBS).join('|')} …`,
  about: 'checks, draws and publishes process packs (gongdan pack --help)',
  help(args) {
    const { speech, rest } = speechOf(args);
    const name = rest[0] ?? '';
    const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
    return verb
      ? `gongdan pack ${verb.usage}\n\n${speech.say(verb.about)}${verb.details === undefined ? '' : `\n\n${speech.say(verb.details)}`}\n\n${speech.say('pack.lang')}`
      : help(speech);
  },
  async run(args) {
    const { speech, rest } = speechOf(args);
    const [name, ...more] = rest;
    if (name === undefined) {
      console.log(help(speech));
      return;
    }
    // `load` is the older name of publish.
    const key = name === 'load' ? 'publish' : name;
    const verb = Object.hasOwn(VERBS, key) ? VERBS[key] : undefined;
    if (!verb) throw new Error(speech.say('pack.unknown', { name, list: Object.keys(VERBS).join(', ') }));
    await verb.run(more, speech);
  },
};
