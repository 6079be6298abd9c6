import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { partSchemas, type SchemaPart } from '@gongdan/packs';
import { type Verb } from './verb.js';

export const schema: Verb = {
  usage: 'schema [part] [--out folder]',
  about: 'writes one JSON Schema per part of a pack, so that editors complete and check (to .gongdan/schemas)',
  details: `With a part the schema is printed. In an editor with the YAML language server (VS Code: the extension "YAML"), put this line on top of a file:
  # yaml-language-server: $schema=<folder>/process.json`,
  run(args) {
    const out = args.includes('--out') ? args[args.indexOf('--out') + 1] : '.gongdan/schemas';
    const part = args[0]?.startsWith('--') ? undefined : args[0];
    const schemas = partSchemas();
    if (part !== undefined) {
      if (!Object.hasOwn(schemas, part)) throw new Error(`there is no part ${part}; the parts are ${Object.keys(schemas).join(', ')}`);
      console.log(JSON.stringify(schemas[part as SchemaPart], null, 2));
      return;
    }
    const folder = resolve(out ?? '.gongdan/schemas');
    mkdirSync(folder, { recursive: true });
    for (const [name, json] of Object.entries(schemas)) writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(json, null, 2)}\n`);
    console.log(`${Object.keys(schemas).length} schemas are in ${folder}`);
  },
};
