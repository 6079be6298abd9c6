import { Client } from '../client.js';
import { publishFolder } from '../commands/pack.js';
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
    for (const role of missing.roles) console.log(speech.say('publish.noRole', { ...role }));
    for (const unit of missing.units) console.log(speech.say('publish.noUnit', { ...unit }));
    if (missing.roles.length + missing.units.length > 0) console.log(speech.say('publish.hint', { folder }));
  },
};

export const list: Verb = {
  usage: 'list',
  about: 'list.about',
  async run() {
    console.log(JSON.stringify(await Client.running().must('dispatch', 'GET', '/v1/packs', { as: 'root' }), null, 2));
  },
};
