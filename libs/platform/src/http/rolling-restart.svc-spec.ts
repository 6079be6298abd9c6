import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type Sample, startSample } from '../sample-service.js';

const PROBE_MS = 250;
/** Longer than this process may stand still (garbage collection, a busy machine): the balancer and both replicas share it. */
const DRAIN_MS = 3_500;
/** A balancer that could not probe for so long does not know whether a replica is ready. */
const STALE_MS = 1_000;
const pause = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));

const samples = new Set<Sample>();
afterEach(async () => {
  await Promise.all([...samples].map((sample) => sample.stop()));
  samples.clear();
});

async function start(env: Record<string, string>): Promise<Sample> {
  const sample = await startSample({ env });
  samples.add(sample);
  return sample;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A replica as a balancer sees it: connections are kept alive, readiness is probed. */
class Replica {
  private readySince: number | undefined;
  private readonly agent = new Agent({ keepAlive: true });
  private constructor(
    private readonly port: number,
    private sample: Sample,
  ) {}

  static async start(keysFile?: string): Promise<Replica> {
    const port = await freePort();
    const keys: Record<string, string> = keysFile === undefined ? {} : { AUTH_JWKS: keysFile };
    return new Replica(port, await start({ PORT: String(port), DRAIN_MS: String(DRAIN_MS), ...keys }));
  }

  async send(path: string, authorization?: string): Promise<{ status: number; connection: string | undefined }> {
    return new Promise((resolve, reject) => {
      const headers = authorization === undefined ? {} : { authorization };
      request({ port: this.port, path, headers, agent: this.agent }, (answer) => {
        answer.resume().once('end', () => resolve({ status: answer.statusCode ?? 0, connection: answer.headers.connection }));
      })
        .once('error', reject)
        .end();
    });
  }

  async probe(): Promise<void> {
    const asked = performance.now();
    this.readySince = await this.send('/health/ready').then(
      ({ status }) => (status === 200 ? asked : undefined),
      () => undefined,
    );
  }

  /** What the balancer knows: ready, not ready, or undefined when its last probe is too old. */
  get ready(): boolean | undefined {
    if (this.readySince === undefined) return false;
    return performance.now() - this.readySince < STALE_MS ? true : undefined;
  }

  token(): Promise<string> {
    return this.sample.keys.sign();
  }

  async restart(keysFile: string): Promise<void> {
    samples.delete(this.sample);
    await this.sample.stop();
    this.readySince = undefined;
    this.sample = await start({ PORT: String(this.port), DRAIN_MS: String(DRAIN_MS), AUTH_JWKS: keysFile });
    while (!this.ready) await pause(20);
  }

  get keysFile(): string {
    return this.sample.keys.file;
  }

  close(): void {
    this.agent.destroy();
  }
}

describe('a rolling restart', () => {
  it('loses no request of a balancer that probes readiness every 250 ms: four restarts of two replicas under load', async () => {
    const first = await Replica.start();
    const { keysFile } = first;
    const second = await Replica.start(keysFile);
    const replicas = [first, second];
    const authorization = `Bearer ${await first.token()}`;
    let over = false;
    let sent = 0;
    const failures: string[] = [];
    const probes = replicas.map(async (replica) => {
      for (; !over; await pause(PROBE_MS)) await replica.probe();
    });
    while (!replicas.every((r) => r.ready)) await pause(20);
    const load = Array.from({ length: 6 }, async () => {
      for (; !over; await pause(5)) {
        const ready = replicas.filter((r) => r.ready);
        if (ready.length === 0 && replicas.some((r) => r.ready === undefined)) continue;
        const outcome = await ready[sent++ % Math.max(1, ready.length)]
          ?.send('/v1/things', authorization)
          .catch((error: unknown) => String(error));
        if (outcome === undefined || typeof outcome === 'string' || outcome.status !== 200)
          failures.push(JSON.stringify(outcome ?? 'no replica'));
      }
    });
    for (let i = 0; i < 4; i++) {
      const before = sent;
      await replicas[i % 2]?.restart(keysFile);
      while (sent < before + 100) await pause(20);
    }
    over = true;
    await Promise.all([...load, ...probes]);
    for (const replica of replicas) replica.close();
    expect(failures).toEqual([]);
  }, 180_000);
});

describe('the drain of a service', () => {
  it('answers readiness with 503 and still serves requests with Connection: close, then accepts no connection', async () => {
    const sample = await start({ DRAIN_MS: String(DRAIN_MS) });
    const { port } = new URL(sample.url);
    const authorization = `Bearer ${await sample.keys.sign()}`;
    const ask = (path: string): Promise<{ status: number; connection: string | undefined }> =>
      new Promise((resolve, reject) => {
        request({ port, path, headers: { authorization }, agent: new Agent({ keepAlive: true }) }, (answer) => {
          answer.resume().once('end', () => resolve({ status: answer.statusCode ?? 0, connection: answer.headers.connection }));
        })
          .once('error', reject)
          .end();
      });
    expect((await ask('/v1/things')).connection).toBe('keep-alive');
    const closing = sample.app.quiesce();
    expect(await ask('/health/ready')).toEqual({ status: 503, connection: 'close' });
    expect(await ask('/v1/things')).toEqual({ status: 200, connection: 'close' });
    await closing;
    await expect(ask('/v1/things')).rejects.toThrow('ECONNREFUSED');
  });
});
