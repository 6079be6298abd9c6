import { diffPacks } from '@gongdan/packs';
import { type PackFormat2 } from '@gongdan/packs/format2';
import { Client } from '../clients/client.js';
import { table } from '../commands/command.js';
import { folderOf } from '../commands/pack.js';
import { inLanguage } from './check.js';
import { packOnDisk, partsOf } from './packs-on-disk.js';
import { parsed, type Verb } from './verb.js';

export const diff: Verb = {
  usage: 'diff [old folder] <new folder> [--json]',
  about: 'diff.about',
  details: 'diff.details',
  async run(args, speech) {
    const { values, positionals } = parsed(diff, args, speech, { json: 'boolean' });
    const [first = '', second] = positionals;
    const next = packOnDisk(folderOf(second ?? first), speech).pack;
    const old = second === undefined ? await inForce(next.pack.key) : packOnDisk(folderOf(first), speech).pack;
    const found = diffPacks(old, next);
    if (values.json) {
      console.log(JSON.stringify(found, null, 2));
      return;
    }
    console.log(speech.say('diff.head', { key: old.pack.key, old: old.pack.version, next: next.pack.version, n: found.length }));
    if (found.length > 0) console.log(table(found.map((d) => [speech.say(`diff.${d.change}`), d.what, d.details])));
    const open = found.filter((d) => d.open !== undefined);
    console.log(`\n${speech.say('diff.open')}`);
    if (open.length > 0)
      console.log(
        `${speech.say('diff.moved', { next: next.pack.version })}\n${open.map((d) => `- ${d.what}: ${inLanguage(d.open ?? '', speech.lang).rule}`).join('\n')}`,
      );
    if (found.length > 0 && next.pack.version <= old.pack.version)
      console.log(`\n${speech.say('diff.raise', { n: old.pack.version + 1 })}`);
  },
};

async function inForce(key: string): Promise<PackFormat2> {
  const answer = await Client.running().must<{ pack: object }>('dispatch', 'GET', `/v1/packs/${key}`, { as: 'root' });
  return partsOf(answer.pack);
}
