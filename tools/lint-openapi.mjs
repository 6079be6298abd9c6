// Lints docs/openapi/*.json with Redocly's recommended rules; a warning fails like an error. Part of `npm test`.
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createConfig, lint } from '@redocly/openapi-core';

const folder = resolve(fileURLToPath(new URL('../docs/openapi', import.meta.url)));
const config = await createConfig({ extends: ['recommended'], telemetry: 'off' });
let problems = 0;
for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
  const found = await lint({ ref: join(folder, file), config });
  problems += found.length;
  const seen = new Map();
  for (const { ruleId, severity, message, location } of found) {
    const key = `${ruleId}: ${message}`;
    const places = seen.get(key) ?? { severity, places: [] };
    places.places.push(location[0]?.pointer ?? '');
    seen.set(key, places);
  }
  for (const [key, { severity, places }] of seen) console.error(`${file}: ${severity} ${key} (${places.length}×, first at ${places[0]})`);
}
if (problems > 0) process.exit(1);
console.log('the OpenAPI documents pass the recommended rules of Redocly');
