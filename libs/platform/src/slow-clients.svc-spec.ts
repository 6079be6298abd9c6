import { connect, type Socket } from 'node:net';
import { Controller, Module, Sse } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { interval, map, type Observable } from 'rxjs';
import { Right } from './auth.js';
import { type HttpLimits, type PoolLimits } from './http-admission.js';
import { OddsController, type Sample, startSample, ThingsController } from './sample-service.js';

@Controller('v1/live')
class LiveController {
  @Sse()
  @Right('live:read')
  live(): Observable<{ data: number }> {
    return interval(20).pipe(map((data) => ({ data })));
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

/** Sends the head of a request whose body never ends; `closed` is everything that came back. */
async function slow(
  path: string,
  headers: Record<string, string>,
): Promise<{ socket: Socket; heard: () => string; closed: Promise<string> }> {
  const { hostname, port } = new URL(sample.url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString())).on('error', () => undefined);
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(text)));
  const head = { host: 'x', 'content-length': '1000', 'content-type': 'application/json', ...headers };
  await new Promise<void>((sent) => socket.write(`POST ${path} HTTP/1.1\r\n${Object.entries(head).map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n{"name":`, () => sent())); // prettier-ignore
  return { socket, heard: () => text, closed };
}

const problemIn = (text: string): unknown => JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4));
const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await isSo())) await new Promise((wake) => setTimeout(wake, 10));
};
const others = async () => (await sample.call('GET', '/v1/things')).status;

describe('bodies that come slowly', () => {
  it.each([
    ['nobody', '/v1/things', {}, 'platform/no-token', 401],
    ['somebody with a forged token', '/v1/things', { authorization: 'Bearer forged' }, 'platform/bad-token', 401],
    ['a file of nobody', '/v1/files', { 'content-type': 'text/csv' }, 'platform/no-token', 401],
    ['anybody to no route', '/v1/nothing', { authorization: 'Bearer forged' }, 'platform/no-such-route', 404],
  ])('of %s are answered before they are read, and take no place', async (_, path, headers: Record<string, string>, code, status) => {
    await start({ work: places(2) });
    const clients = await Promise.all(Array.from({ length: 5 }, () => slow(path, headers)));
    await until(() => clients.every((c) => c.heard().includes(code)));
    expect(problemIn(clients[0]?.heard() ?? '')).toMatchObject({ status, code, instance: path });
    expect(await others()).toBe(200);
  });

  it('of callers with a token end with 408, and meanwhile only fill their places', async () => {
    await start({ work: places(3), bodyMs: 700 });
    const authorization = `Bearer ${await sample.keys.sign()}`;
    const clients = await Promise.all(Array.from({ length: 2 }, () => slow('/v1/things', { authorization })));
    expect(await others()).toBe(200);
    const trickle = setInterval(() => clients.forEach((c) => c.socket.write('x')), 50);
    const told = await Promise.all(clients.map((c) => c.closed)).finally(() => clearInterval(trickle));
    for (const text of told) {
      expect(text).toMatch(/^HTTP\/1\.1 408 [\s\S]*\r\nconnection: close\r\n/i);
      expect(problemIn(text)).toMatchObject({
        status: 408,
        code: 'platform/request-too-slow',
        instance: '/v1/things',
        correlationId: expect.any(String),
      });
    }
    expect(await others()).toBe(200);
  });

  it('may be files: these have their own time', async () => {
    await start({ bodyMs: 200 });
    const token = await sample.keys.sign();
    const body = new ReadableStream({
      start: (sink) => {
        sink.enqueue('half');
        setTimeout(() => { sink.enqueue('half'); sink.close(); }, 1_500); // prettier-ignore
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

describe('a full house', () => {
  it('sends the next away until there is room', async () => {
    await start({ work: places(2), bodyMs: 60_000 });
    const authorization = `Bearer ${await sample.keys.sign()}`;
    const [first] = await Promise.all([slow('/v1/things', { authorization }), slow('/v1/things', { authorization })]);
    await until(async () => (await others()) === 503);
    expect(await sample.call('GET', '/v1/things')).toMatchObject({ status: 503, body: { code: 'platform/overloaded' } });
    expect((await sample.call('GET', '/health/live', { token: null })).status).toBe(200);
    first.socket.destroy();
    await until(async () => (await others()) === 200);
  });

  it('does not count live listeners, who have room of their own', async () => {
    await start({ work: places(2), live: places(4) });
    const token = await sample.keys.sign();
    const listen = () => fetch(`${sample.url}/v1/live`, { headers: { authorization: `Bearer ${token}` } });
    const listeners = await Promise.all(Array.from({ length: 2 }, listen));
    listeners.push(...(await Promise.all(Array.from({ length: 2 }, listen))));
    expect(listeners.map((l) => l.status)).toEqual([200, 200, 200, 200]);
    expect(await others()).toBe(200);
    expect((await listen()).status).toBe(503);
    await listeners.pop()?.body?.cancel();
    await until(async () => {
      const again = await listen();
      await again.body?.cancel();
      return again.status === 200;
    });
    for (const listener of listeners) await listener.body?.cancel();
  });
});
