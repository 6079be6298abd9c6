import { Client } from '../client.js';
import { publishPack } from '../commands/pack.js';
import { type Verb } from './verb.js';

export const publish: Verb = {
  usage: 'publish <folder> [--as person]',
  about: 'checks a pack and puts it in force for new tickets of the running stack; open tickets stay on their version',
  details:
    'The person needs the right packs:write (default: root). Publishing the same content again changes nothing; other content needs a higher version in pack.yaml.',
  async run([name, ...args]) {
    if (name === undefined) throw new Error('name a folder: gongdan pack publish <folder>');
    const as = args.includes('--as') ? args[args.indexOf('--as') + 1] : undefined;
    console.log(`in force: ${await publishPack(Client.running(), name, as ?? 'root')}`);
  },
};

export const list: Verb = {
  usage: 'list',
  about: 'lists the packs in force',
  async run() {
    console.log(JSON.stringify(await Client.running().must('dispatch', 'GET', '/v1/packs', { as: 'root' }), null, 2));
  },
};
