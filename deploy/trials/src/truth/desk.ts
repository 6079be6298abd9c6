import { type Answer, type Client, type Person, type ServiceName } from 'gongdan';
import { must, within } from '../trial.js';

/** Of all roles the one with the fewest rights that may read tickets: it must never see a contact. */
export const READER: Person = { id: 'reader', roles: ['analyst'] };

export type Options = NonNullable<Parameters<Client['call']>[3]>;

/** Calls like `client.call`. A rate limit is no finding: the request waits as long as the service says and is sent again. */
export async function ask<T = Record<string, unknown>>(
  client: Client,
  service: ServiceName,
  method: string,
  path: string,
  options: Options = {},
): Promise<Answer<T>> {
  for (;;) {
    const answer = await client.call<T>(service, method, path, options);
    const seconds = Number(answer.headers.get('retry-after') ?? 1);
    // The limit of wrong tails lasts an hour; that of the rate a few seconds.
    if (answer.status !== 429 || seconds > 20) return answer;
    await new Promise((wake) => setTimeout(wake, 1_000 * seconds));
  }
}

/** Persons with all rights of one organisation; many of them, because one caller may send 100 requests a second. */
let turn = 0;
export const somebody = (org = 'demo', roles: readonly string[] = ['admin']): Person => ({ id: `trial-${turn++ % 20}`, org, roles });

export const TICKET = { pack: 'starter', type: 'complaint', category: 'network.outage', title: '断网', contact: { phone: '13800135678' } };

export function post(client: Client, body: object, options: Options = {}): Promise<Answer> {
  return ask(client, 'intake', 'POST', '/v1/tickets', { as: somebody(), body: { ...TICKET, ...body }, ...options });
}

export async function create(client: Client, body: object = {}, options: Options = {}): Promise<{ id: string; number: string }> {
  const made = await post(client, body, options);
  must(made.status === 201, `a valid ticket was answered ${made.status} ${made.text.slice(0, 300)}`);
  return made.body as { id: string; number: string };
}

export interface ImportView {
  id: string;
  state: string;
  rows: number;
  created: number;
  unchanged: number;
  changed: number;
  rejected: number;
  merged: number;
  sourceLines: number | null;
  error: string | null;
}

export interface ImportRow {
  row: number;
  line: number;
  lastLine: number;
  outcome: string;
  externalKey: string | null;
  ticketId: string | null;
  notes: { pointer: string; detail: string }[] | null;
}

/** Columns of the files of the trials: each text field of a ticket from the column of its name. */
export function mapping(source: string, columns: readonly string[], more: object = {}): object {
  const fields: Record<string, object> = {
    type: { const: 'complaint' },
    category: { const: 'network' },
    channel: { const: 'phone' },
    title: { const: '导入' },
    registeredAt: { const: '2020-05-01 10:00:00' },
    'contact.phone': { const: '13800135678' },
  };
  for (const column of columns) fields[column] = { column };
  return { source, format: 'csv', zone: 'Asia/Shanghai', dateFormat: 'YYYY-MM-DD HH:mm:ss', externalKey: 'key', fields, ...more };
}

/** Uploads a file and waits until the import has ended, whether it succeeded or not. */
export async function importFile(client: Client, file: string | Uint8Array, how: object): Promise<ImportView> {
  const as = 'root';
  const { id } = await client.must<{ id: string }>('intake', 'POST', '/v1/imports', { as, body: { pack: 'starter', mapping: how } });
  const raw = typeof file === 'string' ? Buffer.from(file) : file;
  await client.must('intake', 'PUT', `/v1/imports/${id}/file`, { as, raw, headers: { 'content-type': 'application/octet-stream' } });
  let view: ImportView | undefined;
  await within(30_000, `import ${id} has not ended`, async () => {
    view = await client.must<ImportView>('intake', 'GET', `/v1/imports/${id}`, { as });
    return ['done', 'failed'].includes(view.state);
  });
  return view as ImportView;
}

export async function rowsOf(client: Client, id: string): Promise<ImportRow[]> {
  return (await client.must<{ items: ImportRow[] }>('intake', 'GET', `/v1/imports/${id}/rows?limit=1000`, { as: 'root' })).items;
}

/** A cell of a CSV file, quoted. */
export const cell = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** A word that no earlier run and no other trial has used. */
export const fresh = (prefix: string): string => `${prefix}-${Math.random().toString(36).slice(2, 10)}`;

/** Collects what was found, so that one run of a trial names all inputs that do not stand and not only the first. */
export class Findings {
  readonly list: string[] = [];
  tried = 0;

  check(holds: boolean, what: string): void {
    this.tried++;
    if (!holds) this.list.push(what);
  }

  /** Throws with everything that was found; otherwise returns how many checks held. */
  end(what: string): string {
    must(this.list.length === 0, `${this.list.length} of ${this.tried}:\n        ${this.list.slice(0, 25).join('\n        ')}`);
    return `${this.tried} ${what}`;
  }
}

/** Does the work for each item, five at a time, and keeps the order of the results. */
export async function eachOf<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const one = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at] as T);
  };
  await Promise.all(Array.from({ length: 5 }, one));
  return results;
}
