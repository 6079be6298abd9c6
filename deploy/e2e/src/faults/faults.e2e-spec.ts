import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@gongdan/testing';
import {
  type Client,
  publishPack,
  SERVICES,
  type ServiceName,
  type Stack,
  startTemporaryStack,
  type TemporaryStack,
  untilQuiet,
} from 'gongdan';
import pg from 'pg';
import * as audit from './audit.js';
import { clockTruth } from './clock-oracle.js';
import { HookReceiver } from './hook-receiver.js';
import { seeded } from '../model/seeded.js';
import { Load, ORG, pause, ROOT } from './load.js';
import { stormPack } from './storm-pack.js';
import { readStreams } from './streams.js';

/** Longer than the lease of an outbox partition (10 s) and the session of a consumer (6 s on the local stack). */
const BEYOND_LEASES_MS = 11_500;

describe('under load, with each part killed, each part paused beyond its leases, and pairs of both', () => {
  let product: TemporaryStack;
  let stack: Stack;
  let client: Client;
  let hooks: HookReceiver;
  const pack = stormPack();
  const faults: string[] = [];

  beforeAll(async () => {
    hooks = await HookReceiver.start();
    // Durable Postgres, as deployed.
    product = await startTemporaryStack({
      unsafePostgres: false,
      supervise: false,
      // One caller makes all the load.
      env: { RATE_CALLER_PER_S: '0', RATE_ORG_PER_S: '0' },
    });
    ({ stack, client } = product);
    await publishPack(client, pack.folder, ROOT);
    await client.must('notify', 'POST', '/v1/webhooks', { as: ROOT, body: { url: hooks.url, types: ['dispatch.ticket-closed'] } });
  });
  afterAll(async () => {
    await product.stop();
    hooks.stop();
    pack.remove();
  });

  const sql: audit.Sql = async <T extends pg.QueryResultRow>(service: ServiceName, text: string) => {
    const db = new pg.Client({ connectionString: stack.databaseUrl(service) });
    await db.connect();
    try {
      return (await db.query<T>(text)).rows;
    } finally {
      await db.end();
    }
  };

  /** Process ids of the Postgres backends that serve a service. */
  const backendsOf = async (service: ServiceName): Promise<number[]> =>
    (
      await sql<{ pid: number }>(service, 'select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()')
    ).map((r) => r.pid);

  const signalAll = (pids: readonly number[], signal: NodeJS.Signals): void => {
    for (const pid of pids) {
      try {
        process.kill(pid, signal);
      } catch {
        // The backend ended meanwhile.
      }
    }
  };

  async function killed(name: string): Promise<void> {
    faults.push(`kill ${name}`);
    await stack.kill(name);
    await pause(1_000);
    await stack.revive(name);
  }

  async function paused(...names: string[]): Promise<void> {
    faults.push(`pause ${names.join('+')}`);
    for (const name of names) stack.signal(name, 'SIGSTOP');
    await pause(BEYOND_LEASES_MS);
    for (const name of names) stack.signal(name, 'SIGCONT');
    for (const name of names) await stack.ready(name);
  }

  /** Pauses the database of a service while the service is killed and started again. */
  async function databasePausedAndKilled(service: ServiceName): Promise<void> {
    faults.push(`pause database of ${service}, kill ${service}`);
    const backends = await backendsOf(service);
    signalAll(backends, 'SIGSTOP');
    await pause(500);
    await stack.kill(service);
    await pause(500);
    signalAll(backends, 'SIGCONT');
    await stack.revive(service);
  }

  async function backendsPaused(): Promise<void> {
    faults.push('pause all Postgres backends');
    const backends = (await Promise.all(SERVICES.map(backendsOf))).flat();
    signalAll(backends, 'SIGSTOP');
    await pause(BEYOND_LEASES_MS);
    signalAll(backends, 'SIGCONT');
  }

  it('loses nothing, does nothing twice, fires each clock exactly once at its true instant, and counts right', async () => {
    const seed = Number(process.env['GONGDAN_FAULT_SEED'] ?? 20_261_128);
    const load = new Load(client, seeded(seed));
    const second = { dispatch: await stack.startReplica('dispatch'), sla: await stack.startReplica('sla') };
    load.start(3);
    const acknowledged = async (more: number): Promise<void> => {
      const before = load.created.size;
      await eventually(() => expect(load.created.size).toBeGreaterThan(before + more), 180_000);
    };
    for (const fault of [
      ...[...SERVICES, 'kafka', 'postgres', 'redis'].map((name) => () => killed(name)),
      () => paused('intake'),
      () => paused('dispatch'),
      () => paused(second.sla),
      () => paused('notify', 'reporting'),
      () => paused('kafka'),
      () => backendsPaused(),
      () => databasePausedAndKilled('dispatch'),
      () => databasePausedAndKilled('sla'),
      async () => {
        await Promise.all([killed(second.dispatch), killed('kafka')]);
      },
    ]) {
      await acknowledged(8);
      await fault();
    }
    await acknowledged(20);
    await load.stop();
    const { parked } = await untilQuiet(client, 300_000);
    expect(parked).toBe(0);

    // Every clock that still runs reaches its due instant before the audit.
    const ends = await openClocksEnd();
    await eventually(async () => expect(await firedSince(ends)).toBe(true), Math.max(0, ends - Date.now()) + 180_000);
    await eventually(
      async () => expect(await sql('notify', `select 1 from messages where state in ('planned', 'sending')`)).toEqual([]),
      300_000,
    );
    await untilQuiet(client, 180_000);
    console.log(
      `seed ${seed}: ${load.created.size} creates and ${load.actions.length} actions acknowledged through ${faults.length} faults (${faults.join('; ')}); other answers: ${JSON.stringify(Object.fromEntries(load.failures))}`,
    );
    const unexpected = SERVICES.flatMap((name) => readFileSync(stack.home.log(name), 'utf8').split('\n')).filter((l) =>
      l.includes('"message":"unexpected"'),
    );
    if (unexpected.length > 0) console.log(unexpected.slice(0, 5).join('\n'));
    expect(load.created.size).toBeGreaterThan(150);
    expect(load.lost).toEqual([]);

    const { streams, repeated } = await readStreams(stack.kafka);
    console.log(`${streams.size} streams; ${repeated} events arrived more than once`);
    await audit.creates(sql, load);
    audit.actions(load, streams);
    await audit.logsAndMarks(sql, streams);
    audit.clocks(streams);
    await audit.figures(client, streams);
    audit.webhooks(hooks, streams);
    await audit.mails(sql, stack.mail?.mails ?? [], load);
  }, 1_800_000);

  /** The latest due instant of all running clocks, in ms. */
  async function openClocksEnd(): Promise<number> {
    const { streams } = await readStreams(stack.kafka);
    let last = 0;
    for (const [key, events] of streams) {
      const [producer, ticketId] = key.split(' ');
      if (producer === 'dispatch') last = Math.max(last, Date.parse(clockTruth(ticketId ?? '', events).running?.dueAt ?? '1970-01-01'));
    }
    return last;
  }

  async function firedSince(instant: number): Promise<boolean> {
    if (Date.now() < instant) return false;
    const [row] = await sql<{ n: string }>(
      'sla',
      `select count(*) as n from clock_points where org = '${ORG}' and due_at <= to_timestamp(${instant / 1_000})`,
    );
    return Number(row?.n ?? NaN) === 0;
  }
});
