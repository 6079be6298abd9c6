import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { configureLogging } from './watching/logging.js';
import { Fanout, RateLimiter, RedisConnection } from './redis.js';
import { sampleStack } from './sample-service.js';
import { eventually } from './testing.js';

configureLogging('spec', 'error');

const toStop: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of toStop.splice(0)) await stop();
});

const until = (isSo: () => boolean, ms?: number): Promise<void> => eventually(() => expect(isSo()).toBe(true), ms);

async function connectTo(url: string | undefined, wait = true): Promise<RedisConnection> {
  const connection = new RedisConnection(url);
  await connection.start();
  toStop.push(() => connection.stop());
  if (wait) await until(() => connection.available);
  return connection;
}

const name = () => `spec-${randomBytes(6).toString('hex')}`;

/** A proxy before Redis that can be cut: it shows a replica a Redis that dies, hangs and comes back. */
async function proxyToRedis(): Promise<{
  url: string;
  cut(): void;
  hang(): void;
  swallowed(): string;
  slow(ms: number): void;
  mend(): Promise<void>;
}> {
  // The URL of the proxy keeps the password of the server behind it.
  const target = new URL(sampleStack().redis);
  const targetPort = Number(target.port);
  const sockets = new Set<Socket>();
  let hanging = false;
  let swallowed = '';
  let late = 0;
  let server: Server | undefined;
  let port = 0;
  const open = () =>
    new Promise<void>((resolve) => {
      server = createServer((socket) => {
        const up = connect(targetPort, target.hostname);
        sockets.add(socket).add(up);
        socket.on('data', (d) => (hanging ? (swallowed += d.toString()) : up.write(d)));
        up.on('data', (d) => void (hanging || setTimeout(() => socket.write(d), late)));
        for (const [a, b] of [
          [socket, up],
          [up, socket],
        ] as const)
          a.on('error', () => b.destroy()).on('close', () => b.destroy());
      }).listen(port, '127.0.0.1', () => {
        const address = server?.address();
        if (typeof address === 'object' && address !== null) port = address.port;
        resolve();
      });
    });
  const cut = () => {
    server?.close();
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  await open();
  toStop.push(cut);
  target.port = String(port);
  return { url: target.toString(), cut, hang: () => (hanging = true), swallowed: () => swallowed, slow: (ms) => (late = ms), mend: async () => { hanging = false; await open(); } }; // prettier-ignore
}

const WORLDS: [string, () => string | undefined][] = [
  ['with Redis', () => sampleStack().redis],
  ['without Redis', () => undefined],
  ['while Redis is away', () => 'redis://127.0.0.1:1'],
];

describe.each(WORLDS)('%s', (world, url) => {
  const connection = () => connectTo(url(), world === 'with Redis');

  it('accepts exactly as many requests as the limit allows', async () => {
    const limiter = new RateLimiter(await connection());
    const key = name();
    expect(await limiter.count(key)).toBe(0);
    const taken = await Promise.all(Array.from({ length: 20 }, () => limiter.take(key, 5, 60)));
    expect(taken.filter(Boolean)).toHaveLength(5);
    expect(await limiter.count(key)).toBeGreaterThanOrEqual(5);
    expect(await limiter.take(name(), 5, 60)).toBe(true);
  });

  it('starts to count at zero when the window ends', async () => {
    const limiter = new RateLimiter(await connection());
    const key = name();
    expect(await limiter.take(key, 1, 1)).toBe(true);
    expect(await limiter.take(key, 1, 1)).toBe(false);
    await new Promise((wake) => setTimeout(wake, 1_200));
    expect(await limiter.take(key, 1, 1)).toBe(true);
  });

  it('delivers each message once and in order to each listener, and none after it was removed', async () => {
    const fanout = new Fanout(await connection());
    const channel = name();
    const first: string[] = [];
    const second: string[] = [];
    const remove = fanout.subscribe(channel, (t) => first.push(t));
    const removeSecond = fanout.subscribe(channel, (t) => second.push(t));
    await new Promise((wake) => setTimeout(wake, 200));
    const sent = Array.from({ length: 50 }, (_, i) => `message ${i}`);
    for (const text of sent) fanout.publish(channel, text);
    await until(() => first.length >= 50 && second.length >= 50);
    remove();
    fanout.publish(channel, 'after the first was removed');
    await until(() => second.length === 51);
    removeSecond();
    fanout.publish(channel, 'without a listener');
    await new Promise((wake) => setTimeout(wake, 150));
    expect(first).toEqual(sent);
    expect(second).toEqual([...sent, 'after the first was removed']);
  });

  it('delivers a message to the other listeners when one throws', async () => {
    const fanout = new Fanout(await connection());
    const channel = name();
    const received: string[] = [];
    toStop.push(
      fanout.subscribe(channel, () => {
        throw new Error('a broken listener');
      }),
      fanout.subscribe(channel, (t) => received.push(t)),
    );
    await new Promise((wake) => setTimeout(wake, 200));
    fanout.publish(channel, 'x');
    await until(() => received.length === 1);
    expect(received).toEqual(['x']);
  });
});

describe('a limiter that is full', () => {
  const fill = async (limiter: RateLimiter, windowS: number): Promise<void> => {
    const invented = name();
    for (let i = 0; i < 10_000; i += 500)
      await Promise.all(Array.from({ length: 500 }, (_, j) => limiter.take(`${invented}-${i + j}`, 1, windowS)));
  };

  it('keeps the keys it counts and refuses new ones, without Redis', async () => {
    const limiter = new RateLimiter(await connectTo(undefined, false));
    expect(await limiter.take('watched', 1, 60)).toBe(true);
    await fill(limiter, 60);
    expect(await limiter.take('watched', 1, 60)).toBe(false);
    expect([await limiter.take('late', 5, 60), await limiter.count('late')]).toEqual([false, Infinity]);
  });

  it('counts new keys again when windows end', async () => {
    const limiter = new RateLimiter(await connectTo(undefined, false));
    await fill(limiter, 1);
    expect(await limiter.take('late', 1, 60)).toBe(false);
    await new Promise((wake) => setTimeout(wake, 1_100));
    expect([await limiter.count('late'), await limiter.take('late', 1, 60)]).toEqual([0, true]);
  });

  it('counts new keys in Redis where there is one', async () => {
    const limiter = new RateLimiter(await connectTo(sampleStack().redis));
    await fill(limiter, 60);
    const key = name();
    expect([await limiter.count(key), await limiter.take(key, 1, 60), await limiter.take(key, 1, 60), await limiter.count(key)]).toEqual([
      0,
      true,
      false,
      2,
    ]);
  });
});

describe('several replicas', () => {
  it('counts one limit for several replicas', async () => {
    const a = new RateLimiter(await connectTo(sampleStack().redis));
    const b = new RateLimiter(await connectTo(sampleStack().redis));
    const key = name();
    const taken = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? a : b).take(key, 6, 60)));
    expect(taken.filter(Boolean)).toHaveLength(6);
    expect(await a.count(key)).toBe(await b.count(key));
  });

  it('delivers a message to the listeners of every replica', async () => {
    const a = new Fanout(await connectTo(sampleStack().redis));
    const b = new Fanout(await connectTo(sampleStack().redis));
    const channel = name();
    const received: string[] = [];
    toStop.push(
      a.subscribe(channel, (t) => received.push(`a:${t}`)),
      b.subscribe(channel, (t) => received.push(`b:${t}`)),
    );
    await new Promise((wake) => setTimeout(wake, 200));
    b.publish(channel, 'x');
    await until(() => received.length >= 2);
    await new Promise((wake) => setTimeout(wake, 100));
    expect(received.sort()).toEqual(['a:x', 'b:x']);
  });
});

describe('a Redis that is lost and comes back', () => {
  it('limits and delivers per process while Redis is away, and shares again afterwards', async () => {
    const proxy = await proxyToRedis();
    const connection = await connectTo(proxy.url);
    const limiter = new RateLimiter(connection);
    const fanout = new Fanout(connection);
    const channel = name();
    const received: string[] = [];
    toStop.push(fanout.subscribe(channel, (t) => received.push(t)));
    await new Promise((wake) => setTimeout(wake, 200));
    fanout.publish(channel, 'before');
    await until(() => received.length === 1);

    proxy.cut();
    await until(() => !connection.available);
    const key = name();
    expect([await limiter.take(key, 1, 60), await limiter.take(key, 1, 60)]).toEqual([true, false]);
    fanout.publish(channel, 'meanwhile');
    await until(() => received.length === 2);

    await proxy.mend();
    await until(() => connection.available, 10_000);
    const other = new Fanout(await connectTo(sampleStack().redis));
    // The subscription is renewed without a call.
    for (const end = performance.now() + 5_000; received.length < 3 && performance.now() < end;) {
      other.publish(channel, 'after');
      await new Promise((wake) => setTimeout(wake, 100));
    }
    expect(received.slice(0, 3)).toEqual(['before', 'meanwhile', 'after']);
  });

  it('delivers to a listener that came while Redis hung, and tells every listener that messages of others were lost', async () => {
    const proxy = await proxyToRedis();
    const connection = await connectTo(proxy.url);
    const fanout = new Fanout(connection);
    const [early, late] = [name(), name()];
    const received: string[] = [];
    const lost: string[] = [];
    toStop.push(fanout.subscribe(early, (t) => received.push(t), () => lost.push(early))); // prettier-ignore
    proxy.hang();
    toStop.push(fanout.subscribe(late, (t) => received.push(t), () => lost.push(late))); // prettier-ignore
    await until(() => proxy.swallowed().includes(late));
    proxy.cut();
    await until(() => !connection.available);
    expect(lost).toEqual([]);
    await proxy.mend();
    await until(() => lost.length === 2, 10_000);
    expect(lost.sort()).toEqual([early, late].sort());
    const other = new Fanout(await connectTo(sampleStack().redis));
    await eventually(async () => {
      for (const channel of [early, late]) other.publish(channel, channel);
      expect(received).toEqual(expect.arrayContaining([early, late]));
    });
  });

  it('lets a caller pass although Redis hangs', async () => {
    const proxy = await proxyToRedis();
    const limiter = new RateLimiter(await connectTo(proxy.url));
    proxy.hang();
    expect(await limiter.take(name(), 1, 60)).toBe(true);
  });

  it('delivers a message once when Redis answers late', async () => {
    const proxy = await proxyToRedis();
    const fanout = new Fanout(await connectTo(proxy.url));
    const channel = name();
    const received: string[] = [];
    toStop.push(fanout.subscribe(channel, (t) => received.push(t)));
    await new Promise((wake) => setTimeout(wake, 200));
    proxy.slow(300);
    fanout.publish(channel, 'x');
    await until(() => received.length >= 1);
    await new Promise((wake) => setTimeout(wake, 900));
    expect(received).toEqual(['x']);
  });
});
