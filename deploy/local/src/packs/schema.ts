import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { partSchemas, type SchemaPart } from '@gongdan/packs';
import { parsed, type Verb } from './verb.js';

export const schema: Verb = {
  usage: 'schema [part] [--out folder]',
  about: 'schema.about',
  details: 'schema.details',
  run(args, speech) {
    const { values, positionals } = parsed(schema, args, speech, { out: 'string' }, 'none');
    const [part] = positionals;
    const schemas = partSchemas();
    if (part !== undefined) {
      if (!Object.hasOwn(schemas, part)) throw new Error(speech.say('schema.none', { part, list: Object.keys(schemas).join(', ') }));
      console.log(JSON.stringify(schemas[part as SchemaPart], null, 2));
      return;
    }
    const folder = resolve(values.out ?? '.gongdan/schemas');
    mkdirSync(folder, { recursive: true });
    for (const [name, json] of Object.entries(schemas)) writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(json, null, 2)}\n`);
    console.log(speech.say('schema.done', { n: Object.keys(schemas).length, folder }));
  },
};
