import { randomUUID } from 'node:crypto';
import { type Step } from '../dispatch/journeys.js';
import { RawConnection } from './raw-connection.js';
import { onInput, reply } from './worker.js';

export interface JourneysInput {
  host: string;
  port: number;
  /** The steps of each kind of journey. */
  steps: Record<string, Step[]>;
  tickets: { id: string; journey: string }[];
  connections: number;
  warmUpMs: number;
  measureMs: number;
}

export interface JourneysResult {
  actions: number;
  seconds: number;
  times: number[];
  failed: number;
  firstFailure?: string;
  /** False when the tickets did not last as long as the measurement. */
  enough: boolean;
}

/** Takes tickets through their journeys, one ticket per connection at a time, each action with an Idempotency-Key of its own. */
onInput(async ({ host, port, steps, tickets, connections, warmUpMs, measureMs }: JourneysInput) => {
  const begin = performance.now() + warmUpMs;
  const end = begin + measureMs;
  const times: number[] = [];
  let failed = 0;
  let firstFailure: string | undefined;
  const waiting = tickets[Symbol.iterator]();
  const run = async (): Promise<void> => {
    const connection = await RawConnection.open(host, port);
    for (const { id, journey } of waiting) {
      for (const step of steps[journey] ?? []) {
        if (performance.now() >= end) return connection.close();
        const sent = performance.now();
        const { status, text } = await connection.ask(requestOf(host, port, id, step));
        if (sent >= begin && performance.now() <= end) times.push(performance.now() - sent);
        if (status === 200) continue;
        failed += 1;
        firstFailure ??= `${journey} ${step.action}: ${status} ${text.slice(0, 400)}`;
        break;
      }
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: connections }, run));
  const enough = performance.now() >= end;
  reply({
    actions: times.length,
    seconds: measureMs / 1_000,
    times,
    failed,
    ...(firstFailure === undefined ? {} : { firstFailure }),
    enough,
  } satisfies JourneysResult);
});

function requestOf(host: string, port: number, id: string, { action, token, body }: Step): Buffer {
  return Buffer.from(
    `POST /v1/cases/${id}/actions/${action} HTTP/1.1\r\nhost: ${host}:${port}\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\nidempotency-key: "${randomUUID()}"\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
