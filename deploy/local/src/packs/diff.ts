import { parseArgs } from 'node:util';
import { diffPacks } from '@gongdan/packs';
import { type PackFormat2 } from '@gongdan/packs/format2';
import { Client } from '../client.js';
import { table } from '../commands/command.js';
import { folderOf } from '../commands/pack.js';
import { packOnDisk, partsOf } from './packs-on-disk.js';
import { type Verb } from './verb.js';

export const diff: Verb = {
  usage: 'diff [old folder] <new folder> [--json]',
  about: 'says what a new version changes, and what that means for tickets that are open',
  details:
    'With one folder it is compared with the version in force on the running stack. Open tickets finish on the version they began with; a supervisor may move one where its steps are still there.',
  async run(args) {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { json: { type: 'boolean' } } });
    const [first, second] = positionals;
    if (first === undefined) throw new Error('name a folder: gongdan pack diff <old folder> <new folder>');
    const next = packOnDisk(folderOf(second ?? first)).pack;
    const old = second === undefined ? await inForce(next.pack.key) : packOnDisk(folderOf(first)).pack;
    const found = diffPacks(old, next);
    if (values.json) {
      console.log(JSON.stringify(found, null, 2));
      return;
    }
    console.log(
      `${old.pack.key} version ${old.pack.version} -> ${next.pack.version}: ${found.length} difference${found.length === 1 ? '' : 's'}`,
    );
    if (found.length > 0) console.log(table(found.map((d) => [d.change, d.what, d.details])));
    const open = found.filter((d) => d.open !== undefined);
    console.log('\nOpen tickets finish on the version they began with.');
    if (open.length > 0)
      console.log(
        `For a ticket that is moved to version ${next.pack.version}:\n${open.map((d) => `- ${d.what}: ${d.open ?? ''}`).join('\n')}`,
      );
    if (found.length > 0 && next.pack.version <= old.pack.version)
      console.log(`\nRaise version in pack.yaml to ${old.pack.version + 1} before you publish.`);
  },
};

async function inForce(key: string): Promise<PackFormat2> {
  const answer = await Client.running().must<{ pack: object }>('dispatch', 'GET', `/v1/packs/${key}`, { as: 'root' });
  return partsOf(answer.pack);
}
