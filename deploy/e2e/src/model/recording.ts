import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type History, type PackDocument } from './checker/documents.js';
import { type Asked } from './checker/asked.js';
import { type Entry } from './checker/people.js';
import { type OrgHistory } from './history.js';

/** Some cases of a run with everything that their judge needs. */
export interface Recording {
  orgs: { org: string; entries: Entry[]; packs: [string, PackDocument][]; cases: History[] }[];
  asked: Asked[];
}

const FILE = fileURLToPath(new URL('../../src/model/recorded-run.json.gz', import.meta.url));

export function recorded(): Recording {
  return JSON.parse(gunzipSync(readFileSync(FILE)).toString('utf8')) as Recording;
}

/** Keeps the richest cases of each organisation, for the spec of the checker. */
export function record(histories: ReadonlyMap<string, OrgHistory>, asked: readonly Asked[], casesEach = 6): void {
  const ids = new Set<string>();
  const orgs = [...histories].map(([org, h]) => {
    // What follows another service or a supervisor is rare and must be among them.
    const rare = ['reaction', 'withdrawn', 'answer', 'repack'];
    const richness = (c: History): number =>
      new Set(c.told.flatMap((t) => [t.name, t.data.cause?.key])).size +
      6 * rare.filter((kind) => c.told.some((t) => t.data.cause?.kind === kind || t.data.cause?.key === kind)).length;
    const cases = [...h.histories.values()].sort((a, b) => richness(b) - richness(a)).slice(0, casesEach);
    const text = JSON.stringify(cases);
    for (const c of cases) ids.add(c.ticketId);
    // Of the hundreds of copies of a sample person only those are kept that the cases name; the sample persons stay, so that each role has somebody.
    const named = (id: string): boolean => /^p\d\d-/.test(id) || text.includes(`"${id}"`);
    const entries = h.entries
      .filter((e) => e.kind === 'unit' || (e.kind === 'deputy' ? named(String(e.value?.['deputy'])) : named(e.id.split('|')[0] ?? '')))
      .map((e) => ({
        ...e,
        ...(e.value === undefined ? {} : { value: without(e.value, ['names', 'name', 'email', 'contactSealed', 'languages']) }),
      }));
    const packs = [...h.packs].map(([key, { pack, forms, process }]): [string, PackDocument] => [
      key,
      { pack: { key: pack.key, version: pack.version }, ...(forms === undefined ? {} : { forms }), process },
    ]);
    const slim = cases.map((c): History => ({
      ...c,
      registered: {
        ...c.registered,
        data: without(c.registered.data, ['contactSealed', 'number', 'title', 'description']) as History['registered']['data'],
      },
    }));
    return { org, entries, packs, cases: slim };
  });
  const recording: Recording = { orgs, asked: asked.filter((a) => ids.has(a.ticketId)) };
  writeFileSync(FILE, gzipSync(JSON.stringify(recording), { level: 9 }));
}

function without(of: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(of).filter(([name]) => !names.includes(name)));
}
