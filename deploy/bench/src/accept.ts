import { Client, publishPack, type Stack } from 'gongdan';
import { askWorker, databaseAt, pause, type Run, startWorker, withClient, withStack } from './bench.js';
import { cpuMs, cpuMsWithChildren, pidOf } from './machine.js';
import { type Figure, median, n, percentile } from './report.js';
import { TICKET_BODY } from './sample.js';
import { type LoadInput, type LoadResult } from './workers/load.js';

const ROUNDS = 3;

interface Round {
  rate: number;
  p50: number;
  p99: number;
  /** CPU ms per request of the accepting process and of Postgres. */
  app: number;
  database: number;
}

/** `POST /v1/tickets` against a bare handler that writes the same rows; taking turns, because the machine's speed drifts. */
export async function accept(run: Run): Promise<Figure[]> {
  return withStack(run, { services: ['intake', 'dispatch'] }, async (stack) => {
    await publishPack(new Client(stack.home, stack.urls), 'starter');
    await stack.child('dispatch').stop();
    const floorUrl = await floorDatabase(stack);
    const floor = startWorker<{ port: number }>('floor-server', { url: floorUrl });
    try {
      const { port } = await floor.next();
      const token = await stack.token({ id: 'bench', org: 'demo', roles: ['admin'] });
      const rounds: { floor: Round[]; ours: Round[] } = { floor: [], ours: [] };
      for (let i = 0; i < ROUNDS; i++) {
        for (const [who, pid, at] of [
          ['floor', floor.pid, port],
          ['ours', pidOf(stack, 'intake'), Number(new URL(stack.urls.intake ?? '').port)],
        ] as const) {
          const round = await measure(stack, pid, at, token);
          rounds[who].push(round);
          run.say(`${who} ${i + 1}/${ROUNDS}: ${describe(round)}`);
          await outboxEmpty(stack);
        }
      }
      return [figure(middle(rounds.floor), middle(rounds.ours))];
    } finally {
      await floor.stop();
    }
  });
}

/** A copy of intake's database as its migrations made it: the same tables, the same indexes. */
async function floorDatabase(stack: Stack): Promise<string> {
  await stack.child('intake').stop();
  await withClient(stack.postgresAdminUrl, (c) => c.query('create database gongdan_floor template gongdan_intake owner gongdan_intake'));
  await withClient(databaseAt(stack.postgresAdminUrl, 'gongdan_floor'), (c) =>
    c.query('grant connect on database gongdan_floor to gongdan_intake'),
  );
  await stack.revive('intake');
  return databaseAt(stack.databaseUrl('intake'), 'gongdan_floor');
}

async function measure(stack: Stack, pid: number, port: number, token: string): Promise<Round> {
  const postgres = pidOf(stack, 'postgres');
  const load = {
    host: '127.0.0.1',
    port,
    path: '/v1/tickets',
    token,
    body: JSON.stringify(TICKET_BODY),
    connections: 32,
    warmUpMs: 3_000,
    measureMs: 10_000,
  } satisfies LoadInput;
  const answering = askWorker<LoadResult>('load', load);
  await pause(load.warmUpMs + 200);
  const before = [performance.now(), cpuMs(pid), cpuMsWithChildren(postgres)] as const;
  await pause(load.measureMs - 600);
  const after = [performance.now(), cpuMs(pid), cpuMsWithChildren(postgres)] as const;
  const result = await answering;
  if (result.failed > 0) throw new Error(`${result.failed} requests failed: ${result.firstFailure}`);
  const rate = result.requests / result.seconds;
  const requests = (rate * (after[0] - before[0])) / 1_000;
  return {
    rate,
    p50: percentile(result.times, 50),
    p99: percentile(result.times, 99),
    app: (after[1] - before[1]) / requests,
    database: (after[2] - before[2]) / requests,
  };
}

/** What one round left unsent must not be sent while the next is measured. */
async function outboxEmpty(stack: Stack): Promise<void> {
  await withClient(databaseAt(stack.postgresAdminUrl, 'gongdan_intake'), async (c) => {
    while (Number((await c.query<{ n: string }>('select count(*) as n from outbox')).rows[0]?.n) > 0) await pause(200);
  });
}

function middle(rounds: Round[]): Round {
  const of = (key: keyof Round): number => median(rounds.map((r) => r[key]));
  return { rate: of('rate'), p50: of('p50'), p99: of('p99'), app: of('app'), database: of('database') };
}

function describe(r: Round): string {
  return `${n(r.rate)} /s, p50 ${n(r.p50, 1)} ms, p99 ${n(r.p99, 1)} ms, CPU ms per request ${n(r.app, 2)} app + ${n(r.database, 2)} Postgres`;
}

function figure(floor: Round, ours: Round): Figure {
  const ratio = ours.rate / floor.rate;
  return {
    what: 'Accept: `POST /v1/tickets`, durable with its event, 32 connections, one intake process',
    target: '≥ 0.5 × the floor',
    floor: `${n(floor.rate)} /s, p50 ${n(floor.p50, 1)} ms, p99 ${n(floor.p99, 1)} ms`,
    measured: `${n(ours.rate)} /s, p50 ${n(ours.p50, 1)} ms, p99 ${n(ours.p99, 1)} ms`,
    ratio,
    met: ratio >= 0.5,
    notes: [
      `Medians of ${ROUNDS} rounds of 10 s after 3 s of warm-up, floor and intake taking turns; the load comes from a process of its own over raw keep-alive sockets.`,
      'Floor: bare Fastify and pg (10 connections) writing ticket, event, outbox pointer and idempotency key in one prepared statement into a copy of intake’s database.',
      'Ours: token verified, body validated against schema and pack, contact sealed, answer kept under its Idempotency-Key; the relay of the same process publishes to Kafka meanwhile.',
      `CPU per request, floor: ${n(floor.app, 2)} ms app + ${n(floor.database, 2)} ms Postgres; ours: ${n(ours.app, 2)} + ${n(ours.database, 2)} ms (relay included).`,
    ],
  };
}
