import { join } from 'node:path';
import { readPackFolder } from '@gongdan/packs/files';
import { Client } from '../clients/client.js';
import { table } from '../commands/command.js';
import { folderOf, publishFolder } from '../commands/pack.js';
import { type Lang } from './draw/words.js';
import { parsed, type Verb } from './verb.js';

export const publish: Verb = {
  usage: 'publish <folder> [--as person]',
  about: 'publish.about',
  details: 'publish.details',
  async run(args, speech) {
    const { values, positionals } = parsed(publish, args, speech, { as: 'string' });
    const [folder = ''] = positionals;
    const { key, version, missing } = await publishFolder(Client.running(), folder, values.as ?? 'root', speech);
    console.log(speech.say('publish.inForce', { key, version }));
    const { placeOf } = readPackFolder(folderOf(folder));
    const named = ({ key: of, pointer }: { key: string; pointer: string }): { key: string; pointer: string } => {
      const place = placeOf?.(pointer);
      return { key: of, pointer: place === undefined ? pointer : `${join(folder, place.file)}:${place.line}` };
    };
    for (const role of missing.roles) console.log(speech.say('publish.noRole', named(role)));
    for (const unit of missing.units) console.log(speech.say('publish.noUnit', named(unit)));
    if (missing.roles.length + missing.units.length > 0) console.log(speech.say('publish.hint', { folder }));
  },
};

interface InForce {
  key: string;
  version: number;
  readable: boolean;
  names?: Record<Lang, string>;
  publishedAt: string;
  publishedBy: string;
}

export const list: Verb = {
  usage: 'list [--json]',
  about: 'list.about',
  async run(args, speech) {
    const { values } = parsed(list, args, speech, { json: 'boolean' }, 'none');
    const answer = await Client.running().must<{ items: InForce[] }>('dispatch', 'GET', '/v1/packs', { as: 'root' });
    if (values.json) console.log(JSON.stringify(answer, null, 2));
    else if (answer.items.length === 0) console.log(speech.say('list.none'));
    else {
      const head = (['key', 'version', 'at', 'by', 'names'] as const).map((c) => speech.say(`list.${c}`));
      const rows = answer.items.map((p) => [p.key, p.version, p.publishedAt.slice(0, 16).replace('T', ' '), p.publishedBy, p.names?.[speech.lang] ?? speech.say('list.unreadable')]); // prettier-ignore
      console.log(table([head, ...rows]));
    }
  },
};
