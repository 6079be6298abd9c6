import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { folderOf } from '../commands/pack.js';
import { withFile } from './files.js';
import { packOnDisk } from './packs-on-disk.js';
import { Misunderstood, TrySession } from './try/session.js';
import { type Speech } from './texts.js';
import { parsed, type Verb } from './verb.js';

export const tryPack: Verb = {
  usage: 'try <folder> [--script file] [--lang zh-CN|en]',
  about: 'try.about',
  details: 'try.details',
  async run(args, speech) {
    const { values, positionals } = parsed(tryPack, args, speech, { script: 'string' });
    const session = sessionOf(folderOf(positionals[0] ?? ''), speech);
    const { script: file } = values;
    if (file !== undefined) return script(session, speech, withFile(file, speech, () => readFileSync(file, 'utf8')).split('\n'));
    if (!process.stdin.isTTY) {
      const chunks: Buffer[] = [];
      for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
      return script(session, speech, Buffer.concat(chunks).toString('utf8').split('\n'));
    }
    await talk(session);
  },
};

function sessionOf(folder: string, speech: Speech): TrySession {
  const { pack, sample } = packOnDisk(folder, speech);
  if (!sample) throw new Error(speech.say('pack.noSample'));
  return new TrySession(pack, sample, speech);
}

function script(session: TrySession, speech: Speech, lines: readonly string[]): void {
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '' || line.trim() === 'quit') continue;
    console.log(`> ${line}`);
    const mustFail = line.startsWith('!');
    const stop = (why: string): Error => new Error(speech.say('try.line', { n: i + 1, why }));
    try {
      for (const a of session.run(mustFail ? line.slice(1) : line)) console.log(a);
    } catch (error) {
      if (error instanceof Misunderstood) throw stop(error.message);
      throw error;
    }
    if (session.refused !== mustFail) throw stop(speech.say(mustFail ? 'try.mustRefuse' : 'try.refusedLine'));
  }
}

async function talk(session: TrySession): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  for (const line of session.run('help')) console.log(line);
  for (;;) {
    const line = await terminal.question(session.begun ? '> ' : 'register> ').catch(() => 'quit');
    if (line.trim() === 'quit') break;
    try {
      for (const answer of session.run(line)) console.log(answer);
    } catch (error) {
      if (!(error instanceof Misunderstood)) throw error;
      console.log(error.message);
    }
  }
  terminal.close();
}
