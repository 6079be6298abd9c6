import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { configureLogging } from './logging.js';
import { Fanout, RateLimiter, RedisConnection } from './redis.js';
import { sampleStack } from './sample-service.js';

configureLogging('spec', 'error');

const toStop: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of toStop.splice(0)) await stop();
});

async function until(done: () => boolean, ms = 5_000): Promise<void> {
  for (const end = performance.now() + ms; !done() && performance.now() < end;) await new Promise((wake) => setTimeout(wake, 10));
  expect(done()).toBe(true);
}

async function linkTo(url: string | undefined, wait = true): Promise<RedisConnection> {
  const link = new RedisConnection(url);
  await link.start();
  toStop.push(() => link.stop());
  if (wait) await until(() => link.available);
  return link;
}

const name = () => `spec-${randomBytes(6).toString('hex')}`;

/** A way to Redis that can be cut: what a replica sees when Redis dies, hangs and comes back. */
async function wayToRedis(): Promise<{ url: string; cut(): void; hang(): void; slow(ms: number): void; mend(): Promise<void> }> {
  const target = new URL(sampleStack().redis);
  const sockets = new Set<Socket>();
  let hanging = false;
  let late = 0;
  let server: Server | undefined;
  let port = 0;
  const open = () =>
    new Promise<void>((resolve) => {
      server = createServer((socket) => {
        const up = connect(Number(target.port), target.hostname);
        sockets.add(socket).add(up);
        socket.on('data', (d) => hanging || up.write(d));
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
  return { url: `redis://127.0.0.1:${port}`, cut, hang: () => (hanging = true), slow: (ms) => (late = ms), mend: async () => { hanging = false; await open(); } }; // prettier-ignore
}

const WORLDS: [string, () => string | undefined][] = [
  ['with Redis', () => sampleStack().redis],
  ['without Redis', () => undefined],
  ['while Redis is away', () => 'redis://127.0.0.1:1'],
];

describe.each(WORLDS)('%s', (world, url) => {
  const link = () => linkTo(url(), world === 'with Redis');

  it('a limit lets exactly so many pass', async () => {
    const limiter = new RateLimiter(await link());
    const key = name();
    expect(await limiter.count(key)).toBe(0);
    const taken = await Promise.all(Array.from({ length: 20 }, () => limiter.take(key, 5, 60)));
    expect(taken.filter(Boolean)).toHaveLength(5);
    expect(await limiter.count(key)).toBeGreaterThanOrEqual(5);
    expect(await limiter.take(name(), 5, 60)).toBe(true);
  });

  it('a window ends', async () => {
    const limiter = new RateLimiter(await link());
    const key = name();
    expect(await limiter.take(key, 1, 1)).toBe(true);
    expect(await limiter.take(key, 1, 1)).toBe(false);
    await new Promise((wake) => setTimeout(wake, 1_200));
    expect(await limiter.take(key, 1, 1)).toBe(true);
  });

  it('each listener hears each message once and in order, and none after it left', async () => {
    const fanout = new Fanout(await link());
    const channel = name();
    const first: string[] = [];
    const second: string[] = [];
    const leave = fanout.subscribe(channel, (t) => first.push(t));
    const leaveSecond = fanout.subscribe(channel, (t) => second.push(t));
    await new Promise((wake) => setTimeout(wake, 200));
    const sent = Array.from({ length: 50 }, (_, i) => `message ${i}`);
    for (const text of sent) fanout.publish(channel, text);
    await until(() => first.length >= 50 && second.length >= 50);
    leave();
    fanout.publish(channel, 'one left');
    await until(() => second.length === 51);
    leaveSecond();
    fanout.publish(channel, 'nobody');
    await new Promise((wake) => setTimeout(wake, 150));
    expect(first).toEqual(sent);
    expect(second).toEqual([...sent, 'one left']);
  });

  it('a listener that throws does not cost the others their message', async () => {
    const fanout = new Fanout(await link());
    const channel = name();
    const heard: string[] = [];
    toStop.push(
      fanout.subscribe(channel, () => {
        throw new Error('a broken listener');
      }),
      fanout.subscribe(channel, (t) => heard.push(t)),
    );
    await new Promise((wake) => setTimeout(wake, 200));
    fanout.publish(channel, 'x');
    await until(() => heard.length === 1);
    expect(heard).toEqual(['x']);
  });
});

describe('a limiter that is full', () => {
  const fill = async (limiter: RateLimiter, windowS: number): Promise<void> => {
    const invented = name();
    for (let i = 0; i < 10_000; i += 500)
      await Promise.all(Array.from({ length: 500 }, (_, j) => limiter.take(`${invented}-${i + j}`, 1, windowS)));
  };

  it('forgets nobody for a newcomer, and refuses him without Redis', async () => {
    const limiter = new RateLimiter(await linkTo(undefined, false));
    expect(await limiter.take('watched', 1, 60)).toBe(true);
    await fill(limiter, 60);
    expect(await limiter.take('watched', 1, 60)).toBe(false);
    expect([await limiter.take('late', 5, 60), await limiter.count('late')]).toEqual([false, Infinity]);
  });

  it('has room again when windows end', async () => {
    const limiter = new RateLimiter(await linkTo(undefined, false));
    await fill(limiter, 1);
    expect(await limiter.take('late', 1, 60)).toBe(false);
    await new Promise((wake) => setTimeout(wake, 1_100));
    expect([await limiter.count('late'), await limiter.take('late', 1, 60)]).toEqual([0, true]);
  });

  it('leaves newcomers to Redis where there is one', async () => {
    const limiter = new RateLimiter(await linkTo(sampleStack().redis));
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
  it('share one limit', async () => {
    const a = new RateLimiter(await linkTo(sampleStack().redis));
    const b = new RateLimiter(await linkTo(sampleStack().redis));
    const key = name();
    const taken = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? a : b).take(key, 6, 60)));
    expect(taken.filter(Boolean)).toHaveLength(6);
    expect(await a.count(key)).toBe(await b.count(key));
  });

  it('hear each other', async () => {
    const a = new Fanout(await linkTo(sampleStack().redis));
    const b = new Fanout(await linkTo(sampleStack().redis));
    const channel = name();
    const heard: string[] = [];
    toStop.push(
      a.subscribe(channel, (t) => heard.push(`a:${t}`)),
      b.subscribe(channel, (t) => heard.push(`b:${t}`)),
    );
    await new Promise((wake) => setTimeout(wake, 200));
    b.publish(channel, 'x');
    await until(() => heard.length >= 2);
    await new Promise((wake) => setTimeout(wake, 100));
    expect(heard.sort()).toEqual(['a:x', 'b:x']);
  });
});

describe('Redis that goes and comes back', () => {
  it('costs no request: limits and live updates go on per process, then are shared again', async () => {
    const way = await wayToRedis();
    const link = await linkTo(way.url);
    const limiter = new RateLimiter(link);
    const fanout = new Fanout(link);
    const channel = name();
    const heard: string[] = [];
    toStop.push(fanout.subscribe(channel, (t) => heard.push(t)));
    await new Promise((wake) => setTimeout(wake, 200));
    fanout.publish(channel, 'before');
    await until(() => heard.length === 1);

    way.cut();
    await until(() => !link.available);
    const key = name();
    expect([await limiter.take(key, 1, 60), await limiter.take(key, 1, 60)]).toEqual([true, false]);
    fanout.publish(channel, 'meanwhile');
    await until(() => heard.length === 2);

    await way.mend();
    await until(() => link.available, 10_000);
    const other = new Fanout(await linkTo(sampleStack().redis));
    // The subscription must be there again without anybody asking for it.
    for (const end = performance.now() + 5_000; heard.length < 3 && performance.now() < end;) {
      other.publish(channel, 'after');
      await new Promise((wake) => setTimeout(wake, 100));
    }
    expect(heard.slice(0, 3)).toEqual(['before', 'meanwhile', 'after']);
  });

  it('a Redis that hangs delays a caller by 100 ms, not for ever', async () => {
    const way = await wayToRedis();
    const limiter = new RateLimiter(await linkTo(way.url));
    way.hang();
    const start = performance.now();
    expect(await limiter.take(name(), 1, 60)).toBe(true);
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  it('a message to a Redis that answers late is still heard once', async () => {
    const way = await wayToRedis();
    const fanout = new Fanout(await linkTo(way.url));
    const channel = name();
    const heard: string[] = [];
    toStop.push(fanout.subscribe(channel, (t) => heard.push(t)));
    await new Promise((wake) => setTimeout(wake, 200));
    way.slow(300);
    fanout.publish(channel, 'x');
    await until(() => heard.length >= 1);
    await new Promise((wake) => setTimeout(wake, 900));
    expect(heard).toEqual(['x']);
  });
});
