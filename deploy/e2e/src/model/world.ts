import { fileURLToPath } from 'node:url';
import { readPackFolder } from '@gongdan/packs/files';
import { SampleDirectory } from '@gongdan/packs/format2';
import { type Client, loadSampleDirectory, type Person } from 'gongdan';
import { type PackDocument } from './checker/documents.js';
import { secondVersion } from './second-version.js';

/** A person of an organisation who works on its cases. The token names no role: the directory alone says what he is. */
export interface Actor {
  person: Person;
  units: string[];
}

/** One organisation with one pack, the people of its sample directory many times over, and its cases. */
export interface World {
  org: string;
  pack: PackDocument;
  second: Record<string, unknown>;
  units: { key: string; parent?: string | undefined }[];
  actors: Actor[];
  cases: string[];
  admin: Person;
}

/** A supervisor of the whole organisation, who moves cases to other versions of their pack. */
export const SUPERVISOR = 'model-supervisor';

export const packKey = (w: World): string => w.pack.pack.key;
const csv = (cells: readonly string[]): string => cells.map((c) => `"${c.replaceAll('"', '""')}"`).join(',');

/** Publishes a pack in an organisation of its own and fills its directory with `people` persons, each a copy of one of the sample directory. */
export async function begin(client: Client, key: string, people: number): Promise<World> {
  const folder = fileURLToPath(new URL(`../../../../libs/packs/processes/${key}`, import.meta.url));
  const { json, directory } = readPackFolder(folder);
  const sample = SampleDirectory.parse(directory);
  const org = `model-${key.slice(0, 3)}`;
  const admin: Person = { id: 'model-admin', org, roles: ['admin'], units: [] };
  await client.must('dispatch', 'PUT', `/v1/packs/${key}`, { as: admin, body: json });
  await loadSampleDirectory((path, body) => client.must('dispatch', 'PUT', path, { as: admin, body }), sample);
  const copies = Array.from({ length: people }, (_, i) => ({ id: `a${i}`, of: sample.people[i % sample.people.length] }));
  const fileIn = async (of: string, header: string, rows: string[][]): Promise<void> => {
    const raw = Buffer.from([header, ...rows.map(csv)].join('\n'));
    const answer = await client.must<{ refused: number }>('dispatch', 'POST', `/v1/directory/import?of=${of}`, {
      as: admin,
      raw,
      headers: { 'content-type': 'text/csv' },
    });
    if (answer.refused > 0) throw new Error(`${answer.refused} rows of ${of} were refused: ${JSON.stringify(answer).slice(0, 500)}`);
  };
  await fileIn('people', 'id,name', copies.map(({ id }) => [id, id])); // prettier-ignore
  await fileIn(
    'memberships',
    'person,unit,roles',
    copies.flatMap(({ id, of }) => (of?.memberships ?? []).map((m) => [id, m.unit ?? '', m.roles.join(' ')])),
  );
  const put = (path: string, body: unknown): Promise<unknown> => client.must('dispatch', 'PUT', path, { as: admin, body });
  await put(`/v1/directory/people/${SUPERVISOR}`, { name: SUPERVISOR });
  await put(`/v1/directory/memberships/${SUPERVISOR}`, { roles: ['supervisor'] });
  const actors = copies.map(({ id, of }) => ({
    person: { id, org, roles: [], units: [] },
    units: (of?.memberships ?? []).flatMap((m) => m.unit ?? []),
  }));
  return { org, pack: json as unknown as PackDocument, second: secondVersion(json), units: sample.units, actors, cases: [], admin };
}

/** Registers a ticket at intake and returns its id. */
export async function register(client: Client, w: World, body: object): Promise<string> {
  const agent: Person = { id: 'model-agent', org: w.org, roles: ['agent'], units: [] };
  const { id } = await client.must<{ id: string }>('intake', 'POST', '/v1/tickets', {
    as: agent,
    body: { pack: packKey(w), title: 'a case of the model check', contact: { phone: '13800001111' }, ...body },
  });
  w.cases.push(id);
  return id;
}
