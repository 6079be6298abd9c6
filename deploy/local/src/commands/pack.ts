import { resolve } from 'node:path';
import { describe } from '@gongdan/packs';
import { packFolder, readPackFolder, SHIPPED_PACKS } from '@gongdan/packs/files';
import { Client } from '../client.js';
import { type Person } from '../keys.js';

/** The folder of a shipped pack, or the path itself. */
export function folderOf(name: string): string {
  const shipped = SHIPPED_PACKS.find((k) => k === name);
  return shipped ? packFolder(shipped) : resolve(name);
}

/** Publishes a pack for the organisation and waits until intake uses it. The same content again changes nothing. */
export async function publishPack(client: Client, name: string, as: string | Person = 'root'): Promise<string> {
  const { json, mistakes } = readPackFolder(folderOf(name));
  if (mistakes.length > 0) throw new Error(`the pack has mistakes:\n${describe(mistakes)}`);
  const { key, version } = json['pack'] as { key: string; version: number };
  const answer = await client.call('dispatch', 'PUT', `/v1/packs/${key}`, { as, body: json });
  if (answer.status >= 300) throw new Error(`dispatch refused the pack: ${answer.text}`);
  // Intake gets it as an event, a moment later.
  for (const end = performance.now() + 60_000; ;) {
    const probe = await client.call('intake', 'POST', '/v1/tickets', { as, body: { pack: key, type: '?', category: '?', title: '?' } });
    if (!probe.text.includes('intake/no-pack')) break;
    if (performance.now() > end) throw new Error('intake has not received the pack within 60 s: see npx gongdan bus status');
    await new Promise((wake) => setTimeout(wake, 50));
  }
  return `${key} version ${version}`;
}
