import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { folderOf } from '../commands/pack.js';
import { packOnDisk } from './packs-on-disk.js';
import { Misunderstood, TrySession } from './try/session.js';
import { type Verb } from './verb.js';

export const tryPack: Verb = {
  usage: 'try <folder> [--script file] [--lang zh-CN|en]',
  about: 'runs one ticket through the process in the terminal; no service is needed',
  details: `Lines: register [type=…] [category=…] [as person] · <action> [field=value …] [as person] · wait 4h · event <name> [clock=…] · show · quit.
With --script, or when input is piped, lines are read and echoed; the exit code is 1 when a line is not understood or an action is refused. A line that begins with ! must be refused.
People are those of sample-directory.yaml. Clocks do not run: say what they would say with event sla.clock-breached clock=….`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { script: { type: 'string' }, lang: { type: 'string' } },
    });
    const [name] = positionals;
    if (name === undefined) throw new Error('name a folder: gongdan pack try <folder>');
    const session = sessionOf(folderOf(name), values.lang);
    if (values.script !== undefined) return script(session, readFileSync(values.script, 'utf8').split('\n'));
    if (!process.stdin.isTTY) {
      const chunks: Buffer[] = [];
      for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
      return script(session, Buffer.concat(chunks).toString('utf8').split('\n'));
    }
    await talk(session);
  },
};

function sessionOf(folder: string, lang: string | undefined): TrySession {
  const { pack, sample } = packOnDisk(folder);
  if (!sample) throw new Error('nobody is there to act: write sample-directory.yaml');
  return new TrySession(pack, sample, lang === 'en' ? 'en' : lang === 'zh-CN' ? 'zh-CN' : pack.pack.language);
}

function script(session: TrySession, lines: readonly string[]): void {
  for (const line of lines) {
    if (line.trim() === '' || line.trim() === 'quit') continue;
    console.log(`> ${line}`);
    const mustFail = line.startsWith('!');
    const answer = session.run(mustFail ? line.slice(1) : line);
    for (const a of answer) console.log(a);
    const failed = answer[0]?.startsWith('REFUSED') === true;
    if (failed !== mustFail) throw new Error(mustFail ? 'this line should have been refused' : 'the action was refused');
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
