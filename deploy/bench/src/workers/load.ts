import { randomUUID } from 'node:crypto';
import { answer, whenAsked } from './worker.js';
import { RawConnection } from './raw-connection.js';

export interface LoadInput {
  host: string;
  port: number;
  path: string;
  token: string;
  body: string;
  connections: number;
  warmUpMs: number;
  measureMs: number;
  /** Requests a second, sent on time whatever the answers do; without it every connection sends as soon as it may. */
  perSecond?: number;
}

export interface LoadResult {
  requests: number;
  seconds: number;
  /** Milliseconds of each measured request. */
  times: number[];
  failed: number;
  firstFailure?: string;
}

interface Tally {
  times: number[];
  failed: number;
  firstFailure?: string;
}

const now = (): number => performance.now();

whenAsked(async (input: LoadInput) => {
  const connections = await Promise.all(Array.from({ length: input.connections }, () => RawConnection.open(input.host, input.port)));
  const request = (): Buffer =>
    Buffer.from(
      `POST ${input.path} HTTP/1.1\r\nhost: ${input.host}:${input.port}\r\nauthorization: Bearer ${input.token}\r\ncontent-type: application/json\r\nidempotency-key: "${randomUUID()}"\r\ncontent-length: ${Buffer.byteLength(input.body)}\r\n\r\n${input.body}`,
    );
  const tally: Tally = { times: [], failed: 0 };
  const one = async (connection: RawConnection, counted: () => boolean, due = now()): Promise<void> => {
    const { status, text } = await connection.ask(request());
    if (!counted()) return;
    tally.times.push(now() - due);
    if (status === 201) return;
    tally.failed += 1;
    tally.firstFailure ??= `${status} ${text.slice(0, 300)}`;
  };
  const begin = now() + input.warmUpMs;
  const end = begin + input.measureMs;
  const counted = (): boolean => now() >= begin && now() <= end;
  if (input.perSecond === undefined) {
    await Promise.all(
      connections.map(async (connection) => {
        while (now() < end) await one(connection, counted);
      }),
    );
  } else {
    await paced(connections, 1_000 / input.perSecond, now(), end, (connection, due) => one(connection, () => due >= begin, due));
  }
  for (const connection of connections) connection.close();
  answer({ requests: tally.times.length, seconds: input.measureMs / 1_000, ...tally } satisfies LoadResult);
});

/** Times count from when a request was due, so that a stall of the server is not hidden by the waiting of the client. */
async function paced(
  connections: RawConnection[],
  everyMs: number,
  begin: number,
  end: number,
  send: (c: RawConnection, due: number) => Promise<void>,
): Promise<void> {
  const free = [...connections];
  const running = new Set<Promise<void>>();
  for (let due = begin; due < end; due += everyMs) {
    const wait = due - now();
    if (wait > 1) await new Promise((wake) => setTimeout(wake, wait));
    while (free.length === 0) await Promise.race(running);
    const connection = free.pop() as RawConnection;
    const sent: Promise<void> = send(connection, due).finally(() => {
      free.push(connection);
      running.delete(sent);
    });
    running.add(sent);
  }
  await Promise.all(running);
}
