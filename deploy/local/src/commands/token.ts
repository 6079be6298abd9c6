import { parseArgs } from 'node:util';
import { Home } from '../home/home.js';
import { tokenFor } from '../clients/keys.js';
import { personOf, samplePersonOf } from '../clients/people.js';
import { type Command } from './command.js';

export const token: Command = {
  usage: 'token --as <person> [--pack folder] [--org demo] [--roles a,b] [--units u,v] [--hours 12]',
  about: 'prints a bearer token for a person of the shipped packs, of the sample directory of --pack, or for any person with --roles',
  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        as: { type: 'string' },
        pack: { type: 'string' },
        org: { type: 'string', default: 'demo' },
        roles: { type: 'string' },
        units: { type: 'string' },
        hours: { type: 'string', default: '12' },
      },
    });
    if (values.as === undefined) throw new Error('name a person: --as mei');
    const person =
      values.roles === undefined
        ? values.pack === undefined
          ? personOf(values.as, values.org)
          : samplePersonOf(values.pack, values.as, values.org)
        : { id: values.as, org: values.org, roles: values.roles.split(','), units: values.units?.split(',') };
    console.log(await tokenFor(new Home(), person, Number(values.hours)));
  },
};
