import { type Client, type Person } from 'gongdan';

/** How the columns `key` and `title` of a file become tickets of the starter pack. */
export const CSV_MAPPING = {
  source: 'trial',
  format: 'csv',
  zone: 'Asia/Shanghai',
  dateFormat: 'iso',
  externalKey: 'key',
  fields: {
    type: { const: 'complaint' },
    category: { const: 'network' },
    channel: { const: 'phone' },
    title: { column: 'title' },
    registeredAt: { const: '2026-01-05T10:00:00+08:00' },
    'history.closedAt': { const: '2026-01-06T10:00:00+08:00' },
    'contact.phone': { const: '13800000000' },
  },
} as const;

export interface ImportView {
  id: string;
  state: string;
  error: string | null;
  created: number;
  rows: number;
}

/** Uploads a file to a new import and returns its id. */
export async function startImport(client: Client, as: Person, file: Buffer, mapping: object): Promise<string> {
  const job = await client.must<{ id: string; file: string }>('intake', 'POST', '/v1/imports', { as, body: { pack: 'starter', mapping } });
  await client.must('intake', 'PUT', job.file, { as, raw: file, headers: { 'content-type': 'application/octet-stream' } });
  return job.id;
}

/** Waits until the work on an import has ended, with or without success. */
export async function endOfImport(client: Client, as: Person, id: string, withinMs: number): Promise<ImportView> {
  for (const end = performance.now() + withinMs; ; await new Promise((wake) => setTimeout(wake, 250))) {
    const view = await client.must<ImportView>('intake', 'GET', `/v1/imports/${id}`, { as });
    if (view.state === 'done' || view.state === 'failed') return view;
    if (performance.now() > end) throw new Error(`the import is ${view.state} after ${Math.round(withinMs / 1_000)} s`);
  }
}
