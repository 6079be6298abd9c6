import { fileURLToPath } from 'node:url';
import { type TestPerson, type TestService } from '@gongdan/messaging/testing';
import { readPackFolder } from '@gongdan/packs/files';
import { type SampleDirectoryData } from '@gongdan/packs/format2';

type Part = Record<string, unknown>;

/** A pack as it is published, whose process a test may change. */
export interface PackJson extends Part {
  pack: { key: string; version: number };
  process: Part & { steps: Part; actions: Record<string, Part>; reactions?: Part };
}

/** A pack of `libs/packs/processes`, a copy of its own for each caller. */
export function processPack(name: string): { json: PackJson; sample: SampleDirectoryData } {
  return packIn(fileURLToPath(import.meta.resolve('@gongdan/packs')).replace(/dist\/.*$/, `processes/${name}`));
}

export function packIn(folder: string): { json: PackJson; sample: SampleDirectoryData } {
  const { json, directory } = readPackFolder(folder);
  return { json: structuredClone(json) as PackJson, sample: directory as SampleDirectoryData };
}

/** Writes what must be there for a test; throws with the answer when it is refused. */
export async function put(s: TestService, path: string, body: unknown, as: TestPerson = {}): Promise<void> {
  const answer = await s.call('PUT', path, { as, body });
  if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.text}`);
}

/** Publishes the pack, and adds the units by key and, where one is named, the unit above. */
export async function publish(s: TestService, pack: PackJson, units: Readonly<Record<string, string | undefined>> = {}): Promise<void> {
  await put(s, `/v1/packs/${pack.pack.key}`, pack);
  for (const [key, parent] of Object.entries(units))
    await put(s, `/v1/directory/units/${key}`, { names: { 'zh-CN': key, en: key }, ...(parent === undefined ? {} : { parent }) });
}

/** Publishes the pack with the units and people of its sample directory. */
export async function publishWithSample(s: TestService, pack: PackJson, sample: SampleDirectoryData): Promise<void> {
  await publish(s, pack);
  for (const { key, ...unit } of sample.units) await put(s, `/v1/directory/units/${key}`, unit);
  for (const { id, name, memberships } of sample.people) {
    await put(s, `/v1/directory/people/${id}`, { name });
    for (const { unit, ...membership } of memberships) await put(s, `/v1/directory/memberships/${id}?unit=${unit ?? ''}`, membership);
  }
}

/** A person of a sample directory with the roles that he has there. */
export function sampled(sample: SampleDirectoryData, id: string): TestPerson {
  const memberships = sample.people.find((p) => p.id === id)?.memberships ?? [];
  return { id, roles: [...new Set(memberships.flatMap((m) => m.roles))], units: [] };
}
