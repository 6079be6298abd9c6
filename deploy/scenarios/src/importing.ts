import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ScenarioStep } from '@gongdan/packs/format2';
import { told } from './judging.js';
import { show } from './match.js';
import { Difference } from './verdict.js';
import { type World } from './world.js';

type ImportStep = Extract<ScenarioStep, { import: unknown }>;
interface View {
  id: string;
  file: string;
  state: string;
  created: number;
  unchanged: number;
  changed: number;
  rejected: number;
  error: string | null;
}

const WITHIN_MS = 120_000;

/** Imports a file of the pack's folder through intake and waits for its last row. The tickets are called by `ticket` and their row: t1, t2 … */
export async function importFile(world: World, step: ImportStep): Promise<void> {
  const { file, mapping, copies = 1 } = step.import;
  const announced = await world.call<View>(step.as, 'intake', 'POST', '/v1/imports', {
    body: { pack: world.packKey, fileName: file, mapping },
  });
  if (announced.status !== 201) throw new Difference('that the import is announced', told(announced as never));
  const sent = await world.call(step.as, 'intake', 'PUT', announced.body.file, {
    raw: copied(readFileSync(join(world.folder, file)), copies, String(mapping['externalKey'])),
    headers: { 'content-type': 'application/octet-stream' },
  });
  if (sent.status !== 202) throw new Difference('that the file is taken', told(sent));
  const done = await ended(world, step.as, announced.body.id);
  const got = { new: done.created, same: done.unchanged, wrong: done.rejected + done.changed };
  const wanted = { same: 0, wrong: 0, ...step.results };
  if (done.state !== 'done' || show({ new: wanted.new, same: wanted.same, wrong: wanted.wrong }) !== show(got))
    throw new Difference(show(wanted), show({ ...got, state: done.state, error: done.error }));
  const { items } = await world.get<{ items: { row: number; ticketId: string | null }[] }>(
    'intake',
    `/v1/imports/${done.id}/rows?limit=1000`,
    step.as,
  );
  for (const { row, ticketId } of items) if (ticketId !== null) world.tickets.set(`${step.ticket ?? 't'}${row}`, ticketId);
}

/** The rows of a CSV file several times; the number of the copy follows the external key. The key must stand in a plain column. */
function copied(file: Buffer, copies: number, keyColumn: string): Buffer {
  if (copies === 1) return file;
  const [header = '', ...rows] = file.toString().trimEnd().split('\n');
  const at = header.split(',').indexOf(keyColumn);
  const all = Array.from(
    { length: copies },
    (_, copy) =>
    rows.map((row) => row.split(',').map((cell, i) => (i === at ? `${cell}-${copy + 1}` : cell)).join(',')), // prettier-ignore
  );
  return Buffer.from([header, ...all.flat(), ''].join('\n'));
}

async function ended(world: World, as: string, id: string): Promise<View> {
  for (const end = performance.now() + WITHIN_MS; ;) {
    const view = await world.get<View>('intake', `/v1/imports/${id}`, as);
    if (view.state === 'done' || view.state === 'failed' || performance.now() > end) return view;
    await new Promise((wake) => setTimeout(wake, 250));
  }
}
