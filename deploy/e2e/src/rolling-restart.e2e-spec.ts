import { Agent, request } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@gongdan/testing';
import { Child, type Client, freePort, PROJECT, type ServiceName, tokenFor, withoutSettings } from 'gongdan';
import { sharedClient } from './shared-stack.js';

const PROBE_MS = 250;
/** Longer than a process may stand still on a busy machine. */
const DRAIN_MS = 4_000;
/** A balancer that could not probe for so long does not know whether a replica is ready. */
const STALE_MS = 1_000;
const pause = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));

/** What a balancer knows of one replica. Connections are kept alive, as a balancer keeps them. */
class Replica {
  private readySince: number | undefined;
  private readonly agent = new Agent({ keepAlive: true });
  private constructor(
    private readonly child: Child,
    private readonly port: number,
  ) {}

  static async start(service: ServiceName, folder: string, number: number): Promise<Replica> {
    const port = await freePort(0);
    const env = (JSON.parse(process.env['GONGDAN_E2E_SERVICES'] ?? '{}') as Record<string, Record<string, string>>)[service] ?? {};
    const main = join(PROJECT, 'services', service, 'dist/src/main.js');
    const child = new Child({
      name: `${service} ${number}`,
      command: process.execPath,
      args: [main],
      log: join(folder, `${service}-${number}.log`),
      marker: main,
      env: {
        ...withoutSettings(process.env),
        ...env,
        PORT: String(port),
        DRAIN_MS: String(DRAIN_MS),
        RATE_CALLER_PER_S: '0',
        RATE_ORG_PER_S: '0',
      },
      cwd: PROJECT,
    });
    child.start();
    return new Replica(child, port);
  }

  async probe(): Promise<void> {
    const asked = performance.now();
    this.readySince = await this.send('GET', '/health/ready', {}).then(
      (status) => (status === 200 ? asked : undefined),
      () => undefined,
    );
  }

  /** What the balancer knows: ready, not ready, or undefined when its last probe is too old. */
  get ready(): boolean | undefined {
    if (this.readySince === undefined) return false;
    return performance.now() - this.readySince < STALE_MS ? true : undefined;
  }

  send(method: string, path: string, headers: Record<string, string>, body?: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const sent = request({ port: this.port, method, path, headers, agent: this.agent, timeout: 60_000 }, (answer) => {
        answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
      });
      sent.once('error', reject).once('timeout', () => sent.destroy(new Error('no answer in a minute')));
      sent.end(body);
    });
  }

  async restart(): Promise<void> {
    await this.child.stop(60_000);
    this.readySince = undefined;
    this.child.start();
    await eventually(() => expect(this.ready).toBe(true), 120_000);
  }

  async stop(): Promise<void> {
    this.agent.destroy();
    await this.child.stop(60_000);
  }
}

/** Two replicas of a service behind a balancer that probes readiness and sends each request to the next replica that is ready. */
class Balanced {
  readonly failures: string[] = [];
  sent = 0;
  private turn = 0;
  private stopping = false;
  private work: Promise<void>[] = [];

  private constructor(
    readonly service: ServiceName,
    readonly replicas: Replica[],
  ) {}

  static async start(service: ServiceName, folder: string): Promise<Balanced> {
    const balanced = new Balanced(service, [await Replica.start(service, folder, 1), await Replica.start(service, folder, 2)]);
    balanced.work = balanced.replicas.map((replica) => balanced.probe(replica));
    await eventually(() => expect(balanced.replicas.every((r) => r.ready)).toBe(true), 180_000);
    return balanced;
  }

  load(workers: number, send: (replica: Replica) => Promise<number>): void {
    this.work.push(...Array.from({ length: workers }, () => this.keepSending(send)));
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.work);
    await Promise.all(this.replicas.map((replica) => replica.stop()));
  }

  private async probe(replica: Replica): Promise<void> {
    for (; !this.stopping; await pause(PROBE_MS)) await replica.probe();
  }

  private async keepSending(send: (replica: Replica) => Promise<number>): Promise<void> {
    for (; !this.stopping; await pause(15)) {
      const ready = this.replicas.filter((r) => r.ready);
      if (ready.length === 0 && this.replicas.some((r) => r.ready === undefined)) continue;
      const replica = ready[this.turn++ % Math.max(1, ready.length)];
      this.sent += 1;
      const outcome = replica === undefined ? 'no replica is ready' : await send(replica).catch((error: unknown) => String(error));
      if (typeof outcome !== 'number' || outcome >= 300) this.failures.push(`${this.service}: ${outcome}`);
    }
  }
}

describe('a rolling restart under load', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gongdan-rolling-'));
  const balanced: Balanced[] = [];
  let client: Client;
  let authorization: string;

  beforeAll(async () => {
    client = sharedClient();
    authorization = `Bearer ${await tokenFor(client.home, { id: 'root', org: 'demo', roles: ['admin'], units: [] })}`;
    balanced.push(...(await Promise.all((['intake', 'dispatch'] as const).map((service) => Balanced.start(service, folder)))));
  }, 300_000);
  afterAll(async () => {
    await Promise.all(balanced.map((b) => b.stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  it('loses no request in eight restarts of two replicas each of intake and dispatch', async () => {
    const [intake, dispatch] = balanced;
    const body = JSON.stringify({ pack: 'starter', type: 'complaint', category: 'network', title: 'restart', contact: { phone: '13800001111' } }); // prettier-ignore
    const headers = { authorization, 'content-type': 'application/json' };
    intake?.load(4, (replica) => replica.send('POST', '/v1/tickets', { ...headers, 'content-length': String(body.length) }, body));
    dispatch?.load(4, (replica) => replica.send('GET', '/v1/units', headers));
    for (let round = 0; round < 4; round++) {
      const before = balanced.map((b) => b.sent);
      await Promise.all(balanced.map(async (b) => b.replicas[round % 2]?.restart()));
      // Requests came during each restart or, on a slow machine, after it.
      await eventually(() => balanced.forEach((b, i) => expect(b.sent - (before[i] ?? 0)).toBeGreaterThan(50)), 60_000);
    }
    expect(balanced.flatMap((b) => b.failures)).toEqual([]);
  });
});
