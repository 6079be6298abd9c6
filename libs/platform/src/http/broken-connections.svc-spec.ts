import { connect, type Socket } from 'node:net';
import { Controller, Get, Module } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Public, Right } from '../auth/access.js';
import { type HttpLimits } from './http-admission.js';
import { OddsController, type Sample, startSample, ThingsController } from '../sample-service.js';
import { eventually } from '../testing.js';

@Controller('v1/large')
class LargeController {
  @Get()
  @Right('tickets:read')
  large(): { text: string } {
    return { text: 'x'.repeat(8_000_000) };
  }

  @Get('open')
  @Public('a public route with a large answer')
  open(): { text: string } {
    return this.large();
  }

  @Get('never')
  @Right('tickets:read')
  never(): Promise<never> {
    return new Promise(() => undefined);
  }
}

@Module({ controllers: [LargeController, ThingsController, OddsController] })
class BrokenModule {}

let sample: Sample;
const sockets = new Set<Socket>();

const start = async (limits: Partial<HttpLimits>): Promise<void> => {
  sample = await startSample({ module: BrokenModule, limits });
};

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await sample.stop();
});

const head = (method: string, path: string, headers: Record<string, string>): string =>
  `${method} ${path} HTTP/1.1\r\n${Object.entries({ host: 'x', ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;

/** Opens a connection and sends `text`; resolves when the kernel has taken it. */
async function send(text: string): Promise<Socket> {
  const { hostname, port } = new URL(sample.url);
  const socket = connect(Number(port), hostname);
  sockets.add(socket);
  socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  await new Promise<void>((done) => {
    socket.once('close', done);
    socket.write(text, () => done());
  });
  return socket;
}

/** Resets the connection at the first byte of an answer: the other requests are being handled then. */
async function resetWhenAnswered(text: string): Promise<void> {
  const socket = await send(text);
  await new Promise((answered) => socket.once('data', answered).once('close', answered));
  socket.resetAndDestroy();
}

const expectEventually = (isSo: () => boolean | Promise<boolean>, ms?: number): Promise<void> =>
  eventually(async () => expect(await isSo()).toBe(true), ms);

const statusOf = async (path: string, token?: string): Promise<number> =>
  (await sample.call('GET', path, token === undefined ? {} : { token })).status;
const isServed = async (): Promise<boolean> => (await statusOf('/v1/things')) === 200 && (await statusOf('/health/ready')) === 200;

const places = (total: number) => ({ total, org: total, caller: total });

describe('broken connections', () => {
  it('serves after 10,000 broken connections: reset, half open, pipelined, unread answers, slow bodies', async () => {
    await start({
      work: { total: 60, org: 40, caller: 20 },
      files: { total: 8, org: 4, caller: 2 },
      bodyMs: 1_000,
      slowMs: 1_000,
    });
    const attacker = { authorization: `Bearer ${await sample.keys.sign({ sub: 'attacker', org: 'acme' })}` };
    const json = { ...attacker, 'content-type': 'application/json', 'content-length': '1000' };
    const kinds: (() => Promise<unknown>)[] = [
      async () => (await send(head('GET', '/v1/things', attacker))).resetAndDestroy(),
      () => send('GET /v1/things HTTP/1.1\r\nhost: x\r\nx-half: '),
      () => resetWhenAnswered(head('GET', '/v1/things', attacker).repeat(3)),
      async () => (await send(head('GET', '/v1/large', attacker))).pause(),
      () => send(`${head('POST', '/v1/things', json)}{`),
      () => send(`${head('POST', '/v1/files', { ...json, 'content-type': 'text/csv' })}x`),
      () => resetWhenAnswered(head('GET', '/v1/open', {}).repeat(3)),
      () => send(`${head('POST', '/v1/things', { ...json, authorization: 'Bearer forged' })}{`),
    ];
    const perKind = 10_000 / kinds.length;
    for (let opened = 0; opened < perKind; opened += 125) {
      await Promise.all(kinds.flatMap((open) => Array.from({ length: Math.min(125, perKind - opened) }, open)));
      // Another organisation is served in the middle of it.
      const other = await sample.keys.sign({ sub: 'zhou', org: 'other', jti: String(opened) });
      await expectEventually(async () => (await statusOf('/v1/things', other)) === 200);
    }
    await expectEventually(isServed);
    expect(await isServed()).toBe(true);
  }, 60_000);

  it('frees the places of pipelined requests when the client resets the connection', async () => {
    await start({ work: places(6) });
    const authorization = `Bearer ${await sample.keys.sign()}`;
    const socket = await send(head('GET', '/v1/large/never', { authorization }) + head('GET', '/v1/things', { authorization }).repeat(5));
    await expectEventually(async () => (await statusOf('/v1/things')) === 503);
    socket.resetAndDestroy();
    await expectEventually(isServed);
    // All six places are free again: it takes six requests without an answer to fill them, and one more gets 503.
    let answered = 0;
    const hold = async () => (await send(head('GET', '/v1/large/never', { authorization }))).once('data', () => (answered += 1));
    let sent = 0;
    await expectEventually(async () => {
      sent += 1;
      await hold();
      await new Promise((wake) => setTimeout(wake, 50));
      return answered > 0;
    });
    expect(sent - answered).toBeGreaterThanOrEqual(5);
  });

  it('answers 429 to the first request beyond the pipelining limit and closes the connection', async () => {
    await start({ pipelined: 3 });
    const socket = await send(head('GET', '/v1/open', {}).repeat(400));
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await new Promise((closed) => socket.once('close', closed));
    const answers = text.match(/HTTP\/1\.1 \d+/g);
    expect(answers).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 429']);
    expect(text).toContain('platform/too-many-pipelined');
  });

  it('handles no request behind the one that it refused', async () => {
    await start({ pipelined: 3 });
    const body = '{"name":"x"}';
    const headers = { authorization: `Bearer ${await sample.keys.sign()}`, 'content-type': 'application/json', 'content-length': '12' };
    const before = ThingsController.written;
    const socket = await send((head('POST', '/v1/things', headers) + body).repeat(40));
    await new Promise((closed) => socket.resume().once('close', closed));
    await expectEventually(isServed);
    expect(ThingsController.written - before).toBeLessThanOrEqual(3);
  });

  it('disconnects a client that does not read its answer', async () => {
    await start({ work: places(2), slowMs: 300 });
    const clients = await Promise.all([1, 2].map(() => send(head('GET', '/v1/large/open', {}))));
    for (const client of clients) client.pause();
    await expectEventually(async () => (await statusOf('/v1/things')) === 503);
    await expectEventually(isServed);
    expect(await isServed()).toBe(true);
  });

  it('serves a client that reads a large answer slowly, but fast enough', async () => {
    // Client and server share this process: a period shorter than a stall of a busy machine would disconnect the client by mistake.
    await start({ slowMs: 4_000, leastBytesPerS: 1_000 });
    const client = await send(head('GET', '/v1/large/open', {}));
    let bytes = 0;
    client.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      client.pause();
      setTimeout(() => client.resume(), 50);
    });
    await expectEventually(() => bytes > 8_000_000, 100_000);
    expect(bytes).toBeLessThan(8_001_000);
  });

  it('a service is not ready while all places are taken for longer than a moment, and is ready again afterwards', async () => {
    await start({ work: places(2) });
    const authorization = `Bearer ${await sample.keys.sign()}`;
    const [first] = await Promise.all([1, 2].map(() => send(head('GET', '/v1/large/never', { authorization }))));
    await expectEventually(async () => (await statusOf('/health/ready')) === 503);
    expect((await sample.call('GET', '/health/ready', { token: null })).body).toMatchObject({ reasons: { http: expect.any(String) } });
    expect(await statusOf('/health/live')).toBe(200);
    first?.destroy();
    await expectEventually(isServed);
    expect(await isServed()).toBe(true);
  });
});

describe('shares', () => {
  const slowBody = (authorization: string, type = 'application/json', path = '/v1/things') =>
    send(`${head('POST', path, { authorization, 'content-type': type, 'content-length': '1000000' })}x`);
  const bearer = async (claims: Record<string, unknown>) => `Bearer ${await sample.keys.sign(claims)}`;

  it('leaves room for other callers when one caller holds many requests open', async () => {
    await start({ work: { total: 30, org: 20, caller: 10 } });
    const greedy = await bearer({ sub: 'greedy' });
    await Promise.all(Array.from({ length: 50 }, () => slowBody(greedy)));
    expect(await sample.call('GET', '/v1/things', { token: greedy.slice(7) })).toMatchObject({
      status: 429,
      body: { code: 'platform/too-many-at-once' },
    });
    expect(await statusOf('/v1/things')).toBe(200);
  });

  it('leaves room for other organisations when callers of one organisation hold many requests open', async () => {
    await start({ work: { total: 30, org: 20, caller: 10 } });
    for (const sub of ['a', 'b', 'c', 'd', 'e']) {
      const one = await bearer({ sub });
      await Promise.all(Array.from({ length: 10 }, () => slowBody(one)));
    }
    expect((await sample.call('GET', '/v1/things')).status).toBe(429);
    expect(await statusOf('/v1/things', await sample.keys.sign({ org: 'other' }))).toBe(200);
  });

  it('lets a caller with many uploads read, and others upload', async () => {
    await start({ work: places(5), files: { total: 8, org: 6, caller: 4 } });
    const greedy = await bearer({ sub: 'greedy' });
    await Promise.all(Array.from({ length: 20 }, () => slowBody(greedy, 'text/csv', '/v1/files')));
    expect(await statusOf('/v1/things', greedy.slice(7))).toBe(200);
    const upload = (token: string) => sample.call('POST', '/v1/files', { token, body: 'a,b', headers: { 'content-type': 'text/csv' } });
    expect((await upload(greedy.slice(7))).status).toBe(429);
    expect((await upload(await sample.keys.sign())).status).toBe(200);
  });

  it('answers 408 to an upload that is slower than the least rate', async () => {
    await start({ files: places(1), slowMs: 300 });
    const socket = await slowBody(await bearer({}), 'text/csv', '/v1/files');
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const trickle = setInterval(() => socket.write('x'), 20);
    await new Promise((closed) => socket.once('close', closed)).finally(() => clearInterval(trickle));
    expect(text).toMatch(/^HTTP\/1\.1 408 [\s\S]*platform\/request-too-slow/);
    const again = await sample.call('POST', '/v1/files', { body: 'a,b', headers: { 'content-type': 'text/csv' } });
    expect(again.status).toBe(200);
  });

  it('refuses a caller without the right before the body is read', async () => {
    await start({ work: places(2) });
    const reader = await bearer({ roles: ['analyst'] });
    for (let i = 0; i < 10; i++) {
      const client = await slowBody(reader);
      const answer = await new Promise<string>((resolve) => client.once('data', (chunk: Buffer) => resolve(chunk.toString())));
      expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    }
    expect(await isServed()).toBe(true);
  });

  it('disconnects a client that keeps sending its body long after the answer', async () => {
    await start({ bodyMs: 300 });
    const socket = await slowBody('Bearer forged');
    const trickle = setInterval(() => socket.write('x'), 20);
    let isClosed = false;
    socket.once('close', () => (isClosed = true));
    await expectEventually(() => isClosed).finally(() => clearInterval(trickle));
    expect(await isServed()).toBe(true);
  });
});
