import { Agent, request } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@gongdan/testing';
import { Child, type Client, freePort, PROJECT, type ServiceName, tokenFor, withoutSettings } from 'gongdan';
import { sharedClient } from './shared-stack.js';

const PROBE_MS = 250;
const pause = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));

/** What a balancer knows of one replica. Connections are kept alive, as a balancer keeps them. */
class Replica {
  ready = false;
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
      env: { ...withoutSettings(process.env), ...env, PORT: String(port), DRAIN_MS: '1500', RATE_CALLER_PER_S: '0', RATE_ORG_PER_S: '0' },
      cwd: PROJECT,
    });
    child.start();
    return new Replica(child, port);
  }

  async probe(): Promise<void> {
    this.ready = await this.send('GET', '/health/ready', {}).then(
      (status) => status === 200,
      () => false,
    );
  }

  send(method: string, path: string, headers: Record<string, string>, body?: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const sent = request({ port: this.port, method, path, headers, agent: this.agent, timeout: 10_000 }, (answer) => {
        answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
      });
      sent.once('error', reject).once('timeout', () => sent.destroy(new Error('no answer in 10 s')));
      sent.end(body);
    });
  }

  async restart(): Promise<void> {
    await this.child.stop(60_000);
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
    await eventually(() => expect(balanced.replicas.every((r) => r.ready)).toBe(true), 90_000);
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
  }, 120_000);
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
    for (let round = 0; round < 4; round++) await Promise.all(balanced.map(async (b) => b.replicas[round % 2]?.restart()));
    expect(balanced.flatMap((b) => b.failures)).toEqual([]);
    for (const b of balanced) expect(b.sent).toBeGreaterThan(200);
  });
});
