import { Client, publishPack, type Stack } from 'gongdan';
import { runWorker, databaseAt, pause, type Run, startWorker, withClient, withStack } from './bench.js';
import { floorDatabase } from './floor-database.js';
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

/** `POST /v1/tickets` compared with a bare handler that writes the same rows. They take turns, because the speed of the machine drifts. */
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
          run.log(`${who} ${i + 1}/${ROUNDS}: ${describe(round)}`);
          await outboxEmpty(stack);
        }
      }
      return [figure(middle(rounds.floor), middle(rounds.ours))];
    } finally {
      await floor.stop();
    }
  });
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
  const loading = runWorker<LoadResult>('load', load);
  await pause(load.warmUpMs + 200);
  const before = [performance.now(), cpuMs(pid), cpuMsWithChildren(postgres)] as const;
  await pause(load.measureMs - 600);
  const after = [performance.now(), cpuMs(pid), cpuMsWithChildren(postgres)] as const;
  const result = await loading;
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

/** Waits until the relay has published the events of one round, so that it does not work during the next. */
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
      `Medians of ${ROUNDS} rounds of 10 s after 3 s of warm-up, floor and intake taking turns; a process of its own sends the load over raw keep-alive sockets.`,
      'Floor: bare Fastify and pg (10 connections) that writes ticket, event, outbox pointer and idempotency key in one prepared statement into a copy of the database of intake.',
      'Measured: intake verifies the token, validates the body against schema and pack, seals the contact and stores the answer under its Idempotency-Key, while the relay of the same process signs and publishes to Kafka.',
      `CPU per request, floor: ${n(floor.app, 2)} ms app + ${n(floor.database, 2)} ms Postgres; intake: ${n(ours.app, 2)} + ${n(ours.database, 2)} ms (relay included).`,
    ],
  };
}
