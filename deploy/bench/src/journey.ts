import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as present from 'gongdan';
import { databaseAt, pause, type Run, runWorker, withClient, withStack } from './bench.js';
import { stepsOf } from './dispatch/journeys.js';
import { cpuMs, cpuMsWithChildren, pidOf } from './machine.js';
import { type Figure, n } from './report.js';
import { TICKET_BODY } from './sample.js';
import { type JourneysInput, type JourneysResult } from './workers/journeys.js';
import { type LoadInput, type LoadResult } from './workers/load.js';

/** In its first thousands of requests a process mostly compiles. */
const WARM_UP_TICKETS = 600;
const TICKETS = 1_000;
const PER_SECOND = 20;
const CONNECTIONS = 8;

/** CPU milliseconds per ticket by part. */
type Spent = Record<string, number>;

/**
 * What a ticket costs from its registration to its close when nothing but the lead task happens: registered, accepted, replied, resolved, closed, with the work of all
 * services, the broker and Postgres. `BENCH_BEFORE` names a built checkout of an earlier release that is measured in the same run.
 */
export async function journey(run: Run): Promise<Figure[]> {
  const folder = process.env['BENCH_BEFORE'];
  const earlier =
    folder === undefined ? undefined : ((await import(pathToFileURL(join(folder, 'deploy/local/dist/index.js')).href)) as typeof present);
  const before = earlier === undefined ? undefined : await measure(run, earlier, 'before');
  const now = await measure(run, present, 'now');
  const ratio = before === undefined ? undefined : sum(before) / sum(now);
  return [
    {
      what: 'CPU per ticket of a plain journey, five services, broker and Postgres',
      target: 'not above the release before the engine',
      ...(before === undefined ? {} : { floor: `${n(sum(before), 1)} ms, the release before` }),
      measured: `${n(sum(now), 1)} ms`,
      ...(ratio === undefined ? {} : { ratio, met: ratio >= 1 }),
      notes: [
        `${n(TICKETS)} tickets are registered at ${PER_SECOND} a second and then accepted, replied, resolved and closed over ${CONNECTIONS} connections, after ${n(WARM_UP_TICKETS)} others; the CPU is counted until every service is quiet.`,
        `Now: ${describe(now)}.`,
        before === undefined
          ? 'The release before was not measured: BENCH_BEFORE names a built checkout of it.'
          : `Before: ${describe(before)}. Both were measured in the same run, by the same load.`,
      ],
    },
  ];
}

function measure(run: Run, local: typeof present, name: string): Promise<Spent> {
  return withStack(
    run,
    { services: present.SERVICES },
    async (stack) => {
      const client = new local.Client(stack.home, stack.urls);
      await local.publishPack(client, 'starter');
      await tickets(stack, WARM_UP_TICKETS);
      await local.untilQuiet(client);
      const from = used(stack);
      await tickets(stack, TICKETS);
      await local.untilQuiet(client);
      const until = used(stack);
      const spent = Object.fromEntries(Object.entries(until).map(([part, ms]) => [part, (ms - (from[part] ?? 0)) / TICKETS]));
      run.log(`${name}: ${n(sum(spent), 1)} ms of CPU per ticket: ${describe(spent)}`);
      return spent;
    },
    local.Stack,
  );
}

/** Registers tickets and takes each through its journey. */
async function tickets(stack: present.Stack, count: number): Promise<void> {
  const port = (service: 'intake' | 'dispatch'): number => Number(new URL(stack.urls[service] ?? '').port);
  const create: LoadInput = {
    host: '127.0.0.1',
    port: port('intake'),
    path: '/v1/tickets',
    token: await stack.token({ id: 'bench', org: 'demo', roles: ['admin'] }),
    body: JSON.stringify(TICKET_BODY),
    connections: CONNECTIONS,
    warmUpMs: 0,
    measureMs: (count / PER_SECOND) * 1_000,
    perSecond: PER_SECOND,
  };
  const created = await runWorker<LoadResult>('load', create);
  if (created.failed > 0) throw new Error(`${created.failed} tickets were refused: ${created.firstFailure}`);
  const input: JourneysInput = {
    host: '127.0.0.1',
    port: port('dispatch'),
    steps: { plain: await stepsOf(stack, 'plain') },
    tickets: await waiting(stack, created.requests),
    connections: CONNECTIONS,
    warmUpMs: 0,
    measureMs: 600_000,
  };
  const done = await runWorker<JourneysResult>('journeys', input);
  if (done.failed > 0) throw new Error(`${done.failed} actions failed: ${done.firstFailure}`);
}

/** The tickets that dispatch has routed, when it has routed all. */
async function waiting(stack: present.Stack, count: number): Promise<JourneysInput['tickets']> {
  return withClient(databaseAt(stack.postgresAdminUrl, 'gongdan_dispatch'), async (c) => {
    for (const end = performance.now() + 120_000; ;) {
      const { rows } = await c.query<{ id: string }>("select ticket_id as id from cases where state = 'dispatched'");
      if (rows.length >= count) return rows.map(({ id }) => ({ id, journey: 'plain' }));
      if (performance.now() > end) throw new Error(`dispatch routed ${rows.length} of ${count} tickets in 120 s`);
      await pause(500);
    }
  });
}

function used(stack: present.Stack): Spent {
  const parts = Object.fromEntries([...present.SERVICES, 'kafka'].map((part) => [part, cpuMs(pidOf(stack, part))]));
  return { ...parts, Postgres: cpuMsWithChildren(pidOf(stack, 'postgres')) };
}

const sum = (spent: Spent): number => Object.values(spent).reduce((all, ms) => all + ms, 0);
const describe = (spent: Spent): string =>
  Object.entries(spent)
    .map(([part, ms]) => `${part} ${n(ms, 1)} ms`)
    .join(', ');
