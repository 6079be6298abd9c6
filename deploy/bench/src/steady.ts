import { Client, publishPack, SERVICES, type ServiceName, type Stack, untilQuiet } from 'gongdan';
import { pause, type Run, runWorker, startWorker, withClient, withStack } from './bench.js';
import { commitTimes, configurePostgres, delays } from './commits.js';
import { floorDatabase } from './floor-database.js';
import { cpuMs, cpuMsWithChildren, pidOf } from './machine.js';
import { type Figure, n, percentile, times } from './report.js';
import { TICKET_BODY } from './sample.js';
import { type LoadInput, type LoadResult } from './workers/load.js';

interface Rate {
  perSecond: number;
  /** Long enough for 200 tickets or more, so that a p99 means something. */
  seconds: number;
  /** Most SQL statements per ticket in all five databases, polling included. */
  mostStatements?: number;
}

const RATES: readonly Rate[] = [
  { perSecond: 5, seconds: 60, mostStatements: 60 },
  { perSecond: 20, seconds: 30, mostStatements: 30 },
  { perSecond: 60, seconds: 30 },
];
/** In its first seconds a process spends most of its CPU on compiling. */
const COMPILE_SECONDS = 45;
/** How long batches, pools and adaptive polls take to settle at a new rate. */
const SETTLE_SECONDS = 10;
const IDLE_SECONDS = 15;
/** Creates may take this much longer than the floor's at the same rate. */
const MOST_RATIO = 3;

/** Low and medium rates through all five services: they measure what a ticket costs when each event can be handled alone. */
export async function steady(run: Run): Promise<Figure[]> {
  return withStack(run, { services: SERVICES }, async (stack) => {
    await configurePostgres(stack, SERVICES, {
      track_commit_timestamp: 'on',
      shared_preload_libraries: "'pg_stat_statements'",
    });
    await withClient(stack.postgresAdminUrl, (c) => c.query('create extension if not exists pg_stat_statements'));
    const client = new Client(stack.home, stack.urls);
    await publishPack(client, 'starter');
    const floor = startWorker<{ port: number }>('floor-server', { url: await floorDatabase(stack) });
    try {
      const { port } = await floor.next();
      await load(stack, servicePort(stack), 60, COMPILE_SECONDS, 0);
      await load(stack, port, 60, SETTLE_SECONDS, 0);
      await untilQuiet(client);
      const idle = await idleStatements(stack);
      const figures: Figure[] = [];
      for (const rate of RATES) figures.push(await measure(run, stack, client, port, rate, idle));
      return figures;
    } finally {
      await floor.stop();
    }
  });
}

async function measure(run: Run, stack: Stack, client: Client, floorPort: number, rate: Rate, idle: number): Promise<Figure> {
  const { perSecond, seconds } = rate;
  const floor = await load(stack, floorPort, perSecond, SETTLE_SECONDS, seconds);
  const answering = load(stack, servicePort(stack), perSecond, SETTLE_SECONDS, seconds);
  await pause(SETTLE_SECONDS * 1_000);
  const from = Date.now();
  const before = await usage(stack);
  await pause(seconds * 1_000 - 500);
  const after = await usage(stack);
  const until = Date.now();
  const creates = await answering;
  await untilQuiet(client);

  const registered = await commitTimes(stack, 'intake', 'ticket_event', 'intake.ticket-registered');
  const measured = new Map([...registered].filter(([, at]) => at >= from && at < until));
  const dispatched = delays(measured, await commitTimes(stack, 'dispatch', 'ticket_event', 'dispatch.ticket-dispatched'));
  const reported = delays(measured, await commitTimes(stack, 'reporting', 'ticket_history', 'intake.ticket-registered'));
  const tickets = measured.size;
  const reached = tickets / ((until - from) / 1_000);

  const each = SERVICES.map((s) => ({ s, statements: ((after.statements[s] ?? 0) - (before.statements[s] ?? 0)) / tickets }));
  const statements = each.reduce((sum, { statements: part }) => sum + part, 0);
  const cpu = Object.keys(after.cpu).map((part) => ({ part, ms: ((after.cpu[part] ?? 0) - (before.cpu[part] ?? 0)) / tickets }));
  const cpuOfAll = cpu.reduce((sum, { ms }) => sum + ms, 0);
  const [p99, floorP99] = [percentile(creates.times, 99), percentile(floor.times, 99)];
  const targets = [
    ...(rate.mostStatements === undefined ? [] : [`≤ ${rate.mostStatements} statements per ticket`]),
    `creates p99 ≤ ${MOST_RATIO} × the floor's`,
  ];
  const result =
    `${n(statements, 1)} statements and ${n(cpuOfAll, 1)} ms of CPU per ticket; creates ${times(creates.times)}; ` +
    `commit → applied p99 ${n(percentile(reported, 99), 1)} ms`;
  run.log(`${perSecond}/s: ${result}; floor ${times(floor.times)}`);
  return {
    what: `Steady ${perSecond} tickets/s through all five services`,
    target: targets.join(', '),
    floor: `creates ${times(floor.times)}`,
    measured: `${result}${reached > 0.95 * perSecond ? '' : ' (the rate was not reached)'}`,
    ratio: floorP99 / p99,
    met: reached > 0.95 * perSecond && p99 <= MOST_RATIO * floorP99 && statements <= (rate.mostStatements ?? Infinity),
    notes: [
      `${n(tickets)} tickets in ${n((until - from) / 1_000, 1)} s (${n(reached, 1)} /s), after ${COMPILE_SECONDS} s at 60 /s for the compiler and ${SETTLE_SECONDS} s at this rate. The ratio is that of the creates' p99.`,
      `Statements per ticket, counted by pg_stat_statements, BEGIN, COMMIT and polling included: ${each.map(({ s, statements: part }) => `${s} ${n(part, 1)}`).join(', ')}. With nothing to do the five services send ${n(idle, 1)} a second.`,
      `CPU per ticket: ${cpu.map(({ part, ms }) => `${part} ${n(ms, 1)} ms`).join(', ')}.`,
      `Commit in intake → commit in dispatch: ${times(dispatched)}; → commit in reporting: ${times(reported)} (track_commit_timestamp).`,
      'Creates are timed from when each request was due. Floor: the bare handler of the row Accept, at the same rate from the same sockets, while the services idle.',
    ],
  };
}

/** Creates at a steady rate; without `seconds` nothing is measured. */
async function load(stack: Stack, port: number, perSecond: number, warmUpSeconds: number, seconds: number): Promise<LoadResult> {
  const result = await runWorker<LoadResult>('load', {
    host: '127.0.0.1',
    port,
    path: '/v1/tickets',
    // A token of the stack lives as long as the longest bench.
    token: await stack.token({ id: 'bench', org: 'demo', roles: ['admin'] }),
    body: JSON.stringify(TICKET_BODY),
    connections: 32,
    warmUpMs: warmUpSeconds * 1_000,
    measureMs: seconds * 1_000,
    perSecond,
  } satisfies LoadInput);
  if (result.failed > 0) throw new Error(`${result.failed} requests failed: ${result.firstFailure}`);
  return result;
}

function servicePort(stack: Stack): number {
  return Number(new URL(stack.urls.intake ?? '').port);
}

interface Usage {
  /** Statements since Postgres started, by service. */
  statements: Partial<Record<ServiceName, number>>;
  /** CPU milliseconds since each part started. */
  cpu: Record<string, number>;
}

async function usage(stack: Stack): Promise<Usage> {
  const cpu: Record<string, number> = {};
  for (const part of [...SERVICES, 'kafka'] as const) cpu[part] = cpuMs(pidOf(stack, part));
  cpu['Postgres'] = cpuMsWithChildren(pidOf(stack, 'postgres'));
  return { statements: await statementsOf(stack), cpu };
}

async function statementsOf(stack: Stack): Promise<Partial<Record<ServiceName, number>>> {
  return withClient(stack.postgresAdminUrl, async (c) => {
    const { rows } = await c.query<{ name: string; calls: string }>(
      'select d.datname as name, sum(s.calls) as calls from pg_stat_statements s join pg_database d on d.oid = s.dbid group by 1',
    );
    return Object.fromEntries(rows.map((r) => [r.name.replace('gongdan_', ''), Number(r.calls)]));
  });
}

/** Statements per second of all services while nothing happens. */
async function idleStatements(stack: Stack): Promise<number> {
  const before = await statementsOf(stack);
  await pause(IDLE_SECONDS * 1_000);
  const after = await statementsOf(stack);
  return SERVICES.reduce((sum, s) => sum + (after[s] ?? 0) - (before[s] ?? 0), 0) / IDLE_SECONDS;
}
