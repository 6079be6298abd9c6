import { randomUUID } from 'node:crypto';
import { onInput, reply } from './worker.js';
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
  /** Requests per second, sent on time even when answers are late; without it each connection sends again as soon as it has its answer. */
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

onInput(async (input: LoadInput) => {
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
  let end = begin + input.measureMs;
  // `{ stop: true }` ends the load before its time.
  process.on('message', (message: { stop?: boolean }) => {
    if (message.stop) end = now();
  });
  const counted = (): boolean => now() >= begin && now() <= end;
  if (input.perSecond === undefined) {
    await Promise.all(
      connections.map(async (connection) => {
        while (now() < end) await one(connection, counted);
      }),
    );
  } else {
    await paced(
      connections,
      1_000 / input.perSecond,
      () => end,
      async (connection, due) => {
        const open = connection.closed ? await RawConnection.open(input.host, input.port) : connection;
        await one(open, () => due >= begin, due);
        return open;
      },
    );
  }
  for (const connection of connections) connection.close();
  reply({ requests: tally.times.length, seconds: input.measureMs / 1_000, ...tally } satisfies LoadResult);
});

/** Sends requests at a steady pace. Their times count from when each was due, so that a client that waits does not hide a stall of the server. */
async function paced(
  connections: RawConnection[],
  everyMs: number,
  end: () => number,
  send: (c: RawConnection, due: number) => Promise<RawConnection>,
): Promise<void> {
  const free = [...connections];
  const running = new Set<Promise<void>>();
  for (let due = now(); due < end(); due += everyMs) {
    const wait = due - now();
    if (wait > 1) await new Promise((wake) => setTimeout(wake, wait));
    while (free.length === 0) await Promise.race(running);
    const connection = free.pop() as RawConnection;
    const sent: Promise<void> = send(connection, due).then((open) => {
      free.push(open);
      running.delete(sent);
    });
    running.add(sent);
  }
  await Promise.all(running);
}
