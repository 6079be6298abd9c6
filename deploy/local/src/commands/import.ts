import { createReadStream, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { packFolder, SHIPPED_PACKS } from '@gongdan/packs/files';
import { Client } from '../clients/client.js';
import { type Person } from '../clients/keys.js';
import { type Command } from './command.js';
import { publishPack } from './pack.js';

export interface ImportView {
  id: string;
  state: string;
  percent: number;
  rows: number;
  rowsPerSecond: number;
  created: number;
  unchanged: number;
  changed: number;
  rejected: number;
  noted: number;
  error: string | null;
  file: string;
  result: string;
}

/** Uploads a file to the import API of intake and waits until its last row is processed. Throws when the import fails. */
export async function runImport(
  client: Client,
  options: { file: string; pack: string; mapping: string; as?: string | Person; onProgress?: (view: ImportView) => void },
): Promise<ImportView> {
  const as = options.as ?? 'root';
  const mapping = JSON.parse(readFileSync(options.mapping, 'utf8')) as unknown;
  const made = await client.must<ImportView>('intake', 'POST', '/v1/imports', {
    as,
    body: { pack: options.pack, fileName: basename(options.file), mapping },
  });
  await client.must('intake', 'PUT', made.file, {
    as,
    raw: createReadStream(options.file),
    headers: { 'content-type': 'application/octet-stream' },
    timeoutMs: 600_000,
  });
  for (;;) {
    const view = await client.must<ImportView>('intake', 'GET', `/v1/imports/${made.id}`, { as });
    options.onProgress?.(view);
    if (view.state === 'failed') throw new Error(view.error ?? 'the import failed');
    if (view.state === 'done') return view;
    await new Promise((wake) => setTimeout(wake, 200));
  }
}

export const importFile: Command = {
  usage: 'import <file> --pack <pack> [--mapping <file>] [--result <file>]',
  about: 'imports tickets of an older system (CSV or XLSX)',
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { pack: { type: 'string' }, mapping: { type: 'string' }, result: { type: 'string' } },
    });
    const [file] = positionals;
    if (file === undefined || values.pack === undefined) throw new Error('name a file and a pack: gongdan import <file> --pack city-311');
    const client = Client.running();
    const shipped = SHIPPED_PACKS.find((k) => k === values.pack);
    if (shipped) await publishPack(client, shipped);
    const mapping = values.mapping ?? (shipped && join(packFolder(shipped), 'mapping.json'));
    if (mapping === undefined) throw new Error('this pack ships no mapping of columns: --mapping <file>');
    console.log(`${file}: ${(statSync(file).size / 1e6).toFixed(1)} MB`);
    const line = (v: ImportView) =>
      `${String(v.percent).padStart(3)} %  ${v.rows} rows  ${v.rowsPerSecond} rows/s  ${v.created} new, ${v.unchanged} known, ${v.changed} changed, ${v.rejected} rejected`;
    const tty = process.stdout.isTTY === true;
    const done = await runImport(client, {
      file,
      pack: values.pack,
      mapping,
      onProgress: (v) => void (tty && process.stdout.write(`\r\u001b[K${line(v)}`)),
    });
    console.log(
      `${tty ? '\r\u001b[K' : ''}${line(done)}${done.noted > 0 ? `; rows without a value that the mapping expects: ${done.noted}` : ''}`,
    );
    if (values.result !== undefined) {
      writeFileSync(values.result, (await client.call('intake', 'GET', done.result, { as: 'root' })).text);
      console.log(`the result of each row is in ${values.result}`);
    }
  },
};
