import { connect, type Socket } from 'node:net';
import { Controller, Module, Sse } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { interval, map, type Observable } from 'rxjs';
import { Right } from '../auth/access.js';
import { type HttpLimits, type PoolLimits } from './http-admission.js';
import { OddsController, type Sample, startSample, ThingsController } from '../sample-service.js';
import { eventually } from '../testing.js';

@Controller('v1/live')
class LiveController {
  @Sse()
  @Right('live:read')
  live(): Observable<{ data: number }> {
    return interval(20).pipe(map((data) => ({ data })));
  }

  /** More than the buffers of a socket hold, within a second. Nest's own limit of pending events is off. */
  @Sse('large', { maxPendingDataLength: 0 })
  @Right('live:read')
  large(): Observable<{ data: string }> {
    return interval(10).pipe(map(() => ({ data: 'x'.repeat(200_000) })));
  }
}

@Module({ controllers: [LiveController, ThingsController, OddsController] })
class LiveModule {}

/** A pool that one caller may fill. */
const places = (total: number): PoolLimits => ({ total, org: total, caller: total });

let sample: Sample;
const sockets: Socket[] = [];
const start = async (limits: Partial<HttpLimits>) => {
  sample = await startSample({ module: LiveModule, limits });
};
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await sample.stop();
});

interface SlowClient {
  socket: Socket;
  /** Everything that came back so far. */
  received: () => string;
  /** Everything that came back until the connection closed. */
  closed: Promise<string>;
}

async function send(head: string): Promise<SlowClient> {
  const { hostname, port } = new URL(sample.url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString())).on('error', () => undefined);
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(text)));
  await new Promise<void>((sent) => socket.write(head, () => sent()));
  return { socket, received: () => text, closed };
}

/** Sends the head of a request and the beginning of a body that never ends. */
function sendSlowly(path: string, headers: Record<string, string>): Promise<SlowClient> {
  const all = { host: 'x', 'content-length': '1000', 'content-type': 'application/json', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return send(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n{"name":`);
}

const problemIn = (text: string): unknown => JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4));
const until = (isSo: () => boolean | Promise<boolean>): Promise<void> => eventually(async () => expect(await isSo()).toBe(true));
const statusOfAnotherRequest = async () => (await sample.call('GET', '/v1/things')).status;

describe('a body that arrives slowly', () => {
  it.each([
    ['without a token', '/v1/things', {}, 'platform/no-token', 401],
    ['with a forged token', '/v1/things', { authorization: 'Bearer forged' }, 'platform/bad-token', 401],
    ['without a token, as a file', '/v1/files', { 'content-type': 'text/csv' }, 'platform/no-token', 401],
    ['to a path that does not exist', '/v1/nothing', { authorization: 'Bearer forged' }, 'platform/no-such-route', 404],
  ])(
    'answers a request that must be refused before its slow body is read: %s',
    async (_, path, headers: Record<string, string>, code, status) => {
      await start({ work: places(2) });
      const clients: SlowClient[] = [];
      for (let i = 0; i < 5; i++) {
        const client = await sendSlowly(path, headers);
        clients.push(client);
        await until(() => client.received().includes(code));
      }
      expect(problemIn(clients[0]?.received() ?? '')).toMatchObject({ status, code, instance: path });
      expect(await statusOfAnotherRequest()).toBe(200);
    },
  );

  it('answers 408 to a slow body after the time for bodies', async () => {
    await start({ work: places(3), bodyMs: 700 });
    const authorization = `Bearer ${await sample.keys.sign()}`;
    const clients = await Promise.all([1, 2].map(() => sendSlowly('/v1/things', { authorization })));
    expect(await statusOfAnotherRequest()).toBe(200);
    const trickle = setInterval(() => clients.forEach((client) => client.socket.write('x')), 50);
    const answers = await Promise.all(clients.map((client) => client.closed)).finally(() => clearInterval(trickle));
    for (const answer of answers) {
      expect(answer).toMatch(/^HTTP\/1\.1 408 [\s\S]*\r\nconnection: close\r\n/i);
      expect(problemIn(answer)).toMatchObject({
        status: 408,
        code: 'platform/request-too-slow',
        instance: '/v1/things',
        correlationId: expect.any(String),
      });
    }
    expect(await statusOfAnotherRequest()).toBe(200);
  });

  it('lets a file take longer than other bodies', async () => {
    await start({ bodyMs: 200 });
    const token = await sample.keys.sign();
    const body = new ReadableStream({
      start: (sink) => {
        sink.enqueue('half');
        setTimeout(() => {
          sink.enqueue('half');
          sink.close();
        }, 1_500);
      },
    }).pipeThrough(new TextEncoderStream());
    const answer = await fetch(`${sample.url}/v1/files`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'text/csv' },
      body,
      duplex: 'half',
    } as RequestInit);
    expect(await answer.json()).toEqual({ bytes: 8 });
  });
});

describe('a process without a free place', () => {
  it('answers 503 until a place is free, and probes at all times', async () => {
    await start({ work: places(2), bodyMs: 60_000 });
    const authorization = `Bearer ${await sample.keys.sign()}`;
    const [first] = await Promise.all([1, 2].map(() => sendSlowly('/v1/things', { authorization })));
    await until(async () => (await statusOfAnotherRequest()) === 503);
    expect(await sample.call('GET', '/v1/things')).toMatchObject({ status: 503, body: { code: 'platform/overloaded' } });
    expect((await sample.call('GET', '/health/live', { token: null })).status).toBe(200);
    first?.socket.destroy();
    await until(async () => (await statusOfAnotherRequest()) === 200);
  });
});

describe('live listeners', () => {
  const listen = async (claims: Record<string, unknown> = {}): Promise<Response> =>
    fetch(`${sample.url}/v1/live`, { headers: { authorization: `Bearer ${await sample.keys.sign(claims)}` } });
  const statusOfListening = async (claims: Record<string, unknown> = {}): Promise<number> => {
    const answer = await listen(claims);
    await answer.body?.cancel();
    return answer.status;
  };

  it('keeps a pool of its own for live listeners', async () => {
    await start({ work: places(2), live: places(4) });
    const listeners = await Promise.all([1, 2].map(() => listen()));
    listeners.push(...(await Promise.all([1, 2].map(() => listen()))));
    expect(listeners.map((l) => l.status)).toEqual([200, 200, 200, 200]);
    expect(await statusOfAnotherRequest()).toBe(200);
    expect((await listen()).status).toBe(503);
    await listeners.pop()?.body?.cancel();
    await until(async () => (await statusOfListening()) === 200);
    for (const listener of listeners) await listener.body?.cancel();
  });

  it('answers 429 to a caller with too many live listeners, and lets another caller listen', async () => {
    await start({ live: { total: 10, org: 8, caller: 2 } });
    const listeners = await Promise.all([1, 2].map(() => listen()));
    const refused = await listen();
    expect([refused.status, await refused.json()]).toEqual([429, expect.objectContaining({ code: 'platform/too-many-at-once' })]);
    expect(await statusOfListening({ sub: 'li' })).toBe(200);
    for (const listener of listeners) await listener.body?.cancel();
  });

  it('disconnects a live listener that does not read', async () => {
    await start({ live: places(1), slowMs: 500 });
    const authorization = `Bearer ${await sample.keys.sign()}`;
    const listener = await send(`GET /v1/live/large HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\n\r\n`);
    await until(() => listener.received() !== '');
    listener.socket.pause();
    expect(await statusOfListening()).toBe(503);
    await until(async () => (await statusOfListening()) === 200);
  });

  it('keeps a live listener connected while it reads', async () => {
    await start({ slowMs: 200 });
    const reader = (await listen()).body?.getReader();
    const end = performance.now() + 1_500;
    let chunks = 0;
    while (performance.now() < end && !(await reader?.read())?.done) chunks += 1;
    expect(performance.now()).toBeGreaterThanOrEqual(end);
    expect(chunks).toBeGreaterThan(10);
    await reader?.cancel();
  });

  it('answers HEAD of a live stream with the headers alone', async () => {
    await start({ live: places(1) });
    const token = await sample.keys.sign();
    const head = await sample.call('HEAD', '/v1/live', { token });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    await until(async () => (await statusOfListening()) === 200);
  });
});
