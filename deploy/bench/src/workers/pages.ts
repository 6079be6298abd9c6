import { onInput, reply } from './worker.js';
import { RawConnection } from './raw-connection.js';

export interface PagesInput {
  host: string;
  port: number;
  /** Who reads which list. */
  callers: readonly { path: string; token: string; person: string }[];
  /** A caller begins at the first page again after so many. */
  pages: number;
  connections: number;
  perSecond: number;
  warmUpMs: number;
  measureMs: number;
}

export interface PagesResult {
  /** Milliseconds of each measured page, from when it was due. */
  times: number[];
  /** Rows of all measured pages. */
  rows: number;
}

/** Reads pages of lists at a steady pace, each caller following its own. Throws at the first answer that is not 200. */
onInput(async ({ host, port, callers, pages, connections, perSecond, warmUpMs, measureMs }: PagesInput) => {
  const free = await Promise.all(Array.from({ length: connections }, () => RawConnection.open(host, port)));
  const readers = callers.map((caller) => ({ ...caller, page: 0, cursor: '' }));
  const result: PagesResult = { times: [], rows: 0 };
  const begin = performance.now() + warmUpMs;
  const running = new Set<Promise<void>>();
  for (let due = performance.now(), i = 0; due < begin + measureMs; due += 1_000 / perSecond, i++) {
    const wait = due - performance.now();
    if (wait > 1) await new Promise((wake) => setTimeout(wake, wait));
    while (free.length === 0) await Promise.race(running);
    const idle = free.pop() as RawConnection;
    // The server closes connections that were idle for long.
    const connection = idle.closed ? await RawConnection.open(host, port) : idle;
    const reader = readers[i % readers.length] as (typeof readers)[number];
    const query = `limit=50${reader.cursor}`;
    const sent: Promise<void> = connection
      .ask(
        Buffer.from(
          `GET ${reader.path}?${query} HTTP/1.1\r\nhost: ${host}:${port}\r\nauthorization: Bearer ${reader.token}\r\nx-person: ${reader.person}\r\n\r\n`,
        ),
      )
      .then(({ status, text }) => {
        if (status !== 200) throw new Error(`${reader.path}?${query}: ${status} ${text.slice(0, 300)}`);
        const { items, next } = JSON.parse(text) as { items: unknown[]; next: string | null };
        reader.page = next === null || reader.page + 1 >= pages ? 0 : reader.page + 1;
        reader.cursor = reader.page === 0 ? '' : `&cursor=${encodeURIComponent(next ?? '')}`;
        if (due >= begin) {
          result.times.push(performance.now() - due);
          result.rows += items.length;
        }
        free.push(connection);
        running.delete(sent);
      });
    sent.catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
    running.add(sent);
  }
  await Promise.all(running);
  for (const connection of free) connection.close();
  reply(result);
});
