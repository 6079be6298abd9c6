import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describe } from '@gongdan/packs';
import { packFolder, readPackFolder, SHIPPED_PACKS } from '@gongdan/packs/files';
import { Client, type Problem, reasonOf } from '../clients/client.js';
import { type Person } from '../clients/keys.js';
import { Speech } from '../packs/texts.js';

/** The folder of a shipped pack, or the path itself; of a file of a pack the folder in which it lies. */
export function folderOf(name: string): string {
  const shipped = SHIPPED_PACKS.find((k) => k === name);
  if (shipped) return packFolder(shipped);
  return resolve(/\.(?:yaml|json)$/.test(name) && statSync(name, { throwIfNoEntry: false })?.isFile() ? dirname(name) : name);
}

/** What dispatch says of a published pack. */
export interface Published {
  key: string;
  version: number;
  missing: Record<'roles' | 'units', { key: string; pointer: string }[]>;
}

/** Publishes a pack for the organisation and waits until intake uses it. The same content again changes nothing. */
export async function publishPack(client: Client, name: string, as: string | Person = 'root'): Promise<string> {
  const { key, version } = await publishFolder(client, name, as);
  return `${key} version ${version}`;
}

export async function publishFolder(client: Client, name: string, as: string | Person, speech = new Speech('en')): Promise<Published> {
  const { json, mistakes } = readPackFolder(folderOf(name));
  if (mistakes.length > 0) throw new Error(`${speech.say('pack.broken')}\n${describe(mistakes)}`);
  const { key } = json['pack'] as { key: string };
  const answer = await client.call<Published & Problem>('dispatch', 'PUT', `/v1/packs/${key}`, { as, body: json });
  if (answer.status >= 300) throw new Error(`${speech.say('publish.refused')} ${reasonOf(answer.body, answer.text)}`);
  // Intake gets it as an event, a moment later.
  for (const end = performance.now() + 60_000; ;) {
    const probe = await client.call('intake', 'POST', '/v1/tickets', { as, body: { pack: key, type: '?', category: '?', title: '?' } });
    if (!probe.text.includes('intake/no-pack')) break;
    if (performance.now() > end) throw new Error('intake has not received the pack within 60 s: see npx gongdan bus status');
    await new Promise((wake) => setTimeout(wake, 50));
  }
  return answer.body;
}
