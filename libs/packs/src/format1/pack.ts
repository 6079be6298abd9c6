import { createHash } from 'node:crypto';
import { idOf } from '@gongdan/kernel';
import { z } from 'zod';
import { Catalogue } from './catalogue.js';
import { count, language, names, slug, zone } from '../fields.js';
import { Intake } from './intake.js';
import { Notify } from './notify.js';
import { Org } from './org.js';
import { Process } from './process.js';
import { Routing } from './routing.js';
import { Scenarios } from './scenarios.js';
import { Sla } from './sla.js';

const cover = z.strictObject({
  format: z.literal(1),
  key: slug,
  version: count,
  names,
  about: names,
  /** Language of tickets and mails that name no other. */
  language,
  /** Zone in which numbers are made and days are counted. */
  zone,
});

/** One process as data (ARCHITECTURE.md): nine parts, one file each. Every object is closed, so that a misspelt property is a mistake. */
export const Pack = z.strictObject({
  pack: cover,
  org: Org,
  catalogue: Catalogue,
  intake: Intake,
  process: Process,
  routing: Routing,
  sla: Sla,
  notify: Notify,
  scenarios: Scenarios,
});
export type Pack = z.infer<typeof Pack>;

export const PACK_PARTS = ['pack', 'org', 'catalogue', 'intake', 'process', 'routing', 'sla', 'notify', 'scenarios'] as const;

/** The id of one version of a pack on the bus: it takes the place of the ticket. */
export function packId(org: string, key: string, version: number): string {
  return idOf('pack', org, key, version);
}

/** SHA-256 (hex) over the pack with sorted keys: equal for equal content, whatever the order in the files. */
export function packDigest(pack: object): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(pack)))
    .digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sorted(v)]),
  );
}

/** JSON Schema (draft 2020-12) of a joined pack, for editors and other languages. It does not cover cross references, which `checkPack` checks. */
export function packJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(Pack, { io: 'input', unrepresentable: 'any' });
}
