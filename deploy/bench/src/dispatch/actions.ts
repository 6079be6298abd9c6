import { fileURLToPath } from 'node:url';
import { Client, loadSampleDirectory, publishPack, type Stack } from 'gongdan';
import { type SampleDirectoryData } from '@gongdan/packs/format2';
import { readPackFolder } from '@gongdan/packs/files';
import type pg from 'pg';
import { databaseAt, pause, type Run, runWorker, startWorker, withClient, withStack } from '../bench.js';
import { configurePostgres } from '../commits.js';
import { floorDatabase } from '../floor-database.js';
import { cpuMs, cpuMsWithChildren, pidOf } from '../machine.js';
import { makeTopics } from '../relay.js';
import { type Figure, median, n, percentile } from '../report.js';
import { type FloorActionsInput, type Writes } from '../workers/floor-actions.js';
import { type JourneysInput, type JourneysResult } from '../workers/journeys.js';
import { type JourneyKey, type Step, stepsOf } from './journeys.js';
import { register } from './register.js';

const ROUNDS = 3;
const WARM_UP_MS = 4_000;
const MEASURE_MS = 10_000;
/** Tickets of each journey in a round, and in the warm-up: a process that has done fewer than some thousand actions mostly compiles. */
const TICKETS = 4_000;
const WARM_UP_TICKETS = 400;
const CONNECTIONS = 32;
const TARGET = 0.3;
const P20 = fileURLToPath(import.meta.resolve('@gongdan/packs')).replace(/dist\/.*$/, 'processes/p20-order-transfer');

interface Round {
  rate: number;
  p50: number;
  p99: number;
  app: number;
  database: number;
  statements: number;
}
interface Ticket {
  id: string;
  journey: JourneyKey;
}

/** Actions of two packs, mixed, through HTTP on one dispatch process, compared with a bare handler that writes the same rows. */
export async function actions(run: Run): Promise<Figure[]> {
  return withStack(run, { services: ['intake', 'dispatch'] }, async (stack) => {
    await configurePostgres(stack, ['intake', 'dispatch'], { shared_preload_libraries: "'pg_stat_statements'" });
    await withClient(stack.postgresAdminUrl, (c) => c.query('create extension if not exists pg_stat_statements'));
    const client = new Client(stack.home, stack.urls);
    const starter = Number(/\d+$/.exec(await publishPack(client, 'starter'))?.[0]);
    const p20 = Number(/\d+$/.exec(await publishPack(client, P20))?.[0]);
    await loadSampleDirectory(
      (path, body) => client.must('dispatch', 'PUT', path, { body }),
      readPackFolder(P20).directory as SampleDirectoryData,
    );
    await stack.child('intake').stop();
    await makeTopics(stack.kafka);
    const all = 2 * (WARM_UP_TICKETS + ROUNDS * TICKETS + 1);
    await register(stack, { packVersion: starter, content: {} }, all / 2);
    const content = { pack: { key: 'p20-order-transfer' }, type: 'complaint', category: 'service', attributes: { department: 'finance' } };
    await register(stack, { packVersion: p20, content }, all / 2);
    const database = databaseAt(stack.postgresAdminUrl, 'gongdan_dispatch');
    const tickets = await withClient(database, (c) => opened(c, all));
    run.log(`${n(all)} cases are open`);
    const floorUrl = await floorDatabase(stack, 'dispatch');
    return withClient(database, async (c) => {
      const steps = { plain: await stepsOf(stack, 'plain'), approved: await stepsOf(stack, 'approved') };
      const [first, rest] = [[tickets.plain[0], tickets.approved[0]] as [Ticket, Ticket], mixed(tickets)];
      const writes: FloorActionsInput['writes'] = {};
      for (const ticket of first) writes[ticket.journey] = await sample(stack, c, ticket, steps[ticket.journey]);
      const journeys = Object.fromEntries(rest.map((t) => [t.id, t.journey]));
      const floor = startWorker<{ port: number }>('floor-actions', { url: floorUrl, writes, journeys } satisfies FloorActionsInput);
      try {
        const { port } = await floor.next();
        const rounds: { floor: Round[]; ours: Round[] } = { floor: [], ours: [] };
        for (let i = 0; i <= ROUNDS; i++) {
          const from = i === 0 ? 0 : WARM_UP_TICKETS + (i - 1) * TICKETS;
          const share = rest.slice(2 * from, 2 * (WARM_UP_TICKETS + i * TICKETS));
          for (const [who, pid, at, name] of [
            ['floor', floor.pid, port, 'gongdan_floor'],
            ['ours', pidOf(stack, 'dispatch'), Number(new URL(stack.urls.dispatch ?? '').port), 'gongdan_dispatch'],
          ] as const) {
            if (i === 0) {
              await load(at, steps, share, 0, 600_000);
              continue;
            }
            const round = await measure(stack, pid, at, name, steps, share);
            rounds[who].push(round);
            run.log(`${who} ${i}/${ROUNDS}: ${describe(round)}`);
            if (who === 'ours') await outboxEmpty(c);
          }
        }
        return [figure(middle(rounds.floor), middle(rounds.ours), writes)];
      } finally {
        await floor.stop();
      }
    });
  });
}

async function opened(c: pg.Client, count: number): Promise<Record<JourneyKey, Ticket[]>> {
  const sql = `select ticket_id as id, pack_key = 'starter' as plain from cases where state = 'dispatched' order by ticket_id`;
  for (const end = performance.now() + 300_000; ;) {
    const { rows } = await c.query<{ id: string; plain: boolean }>(sql);
    if (rows.length === count) {
      const of = (journey: JourneyKey): Ticket[] =>
        rows.filter((r) => r.plain === (journey === 'plain')).map(({ id }) => ({ id, journey }));
      return { plain: of('plain'), approved: of('approved') };
    }
    if (performance.now() > end) throw new Error(`${rows.length} of ${count} cases are open after 300 s`);
    await pause(500);
  }
}

/** All but the first of each, taking turns. */
function mixed(tickets: Record<JourneyKey, Ticket[]>): Ticket[] {
  return tickets.plain.slice(1).flatMap((t, i) => [t, tickets.approved[i + 1] as Ticket]);
}

/** Does the journey once and returns what each action wrote. */
async function sample(stack: Stack, c: pg.Client, ticket: Ticket, steps: readonly Step[]): Promise<Writes[]> {
  const key = ['demo', ticket.id];
  const rows = async (sql: string) => (await c.query<{ row: Record<string, unknown> }>(sql, key)).rows.map((r) => r.row);
  const read = async () => ({
    row: (await rows('select to_json(x) as row from cases x where org = $1 and ticket_id = $2'))[0] ?? {},
    tasks: await rows('select to_json(x) as row from open_tasks x where org = $1 and ticket_id = $2'),
    decisions: await rows('select to_json(x) as row from decisions x where org = $1 and ticket_id = $2 order by no'),
    assignments: await rows('select to_json(x) as row from assignments x where org = $1 and ticket_id = $2'),
    events: (
      await c.query<{ name: string; version: number; data: string }>(
        'select name, version, data::text from ticket_event where org = $1 and ticket_id = $2 order by seq',
        key,
      )
    ).rows,
  });
  const writes: Writes[] = [];
  let before = await read();
  for (const { action, token, body } of steps) {
    const answer = await fetch(`${stack.urls.dispatch}/v1/cases/${ticket.id}/actions/${action}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body,
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${ticket.journey} ${action}: ${answer.status} ${text.slice(0, 400)}`);
    const after = await read();
    writes.push({
      row: after.row,
      tasks: after.tasks,
      events: after.events.slice(before.events.length),
      decisions: after.decisions.slice(before.decisions.length),
      reassigned: after.assignments.length > before.assignments.length,
      answer: text,
    });
    before = after;
  }
  return writes;
}

/** Runs the journeys of the tickets until their end, or until the time is over. */
async function load(
  port: number,
  steps: Record<string, Step[]>,
  tickets: Ticket[],
  warmUpMs: number,
  measureMs: number,
): Promise<JourneysResult> {
  const input: JourneysInput = { host: '127.0.0.1', port, steps, tickets, connections: CONNECTIONS, warmUpMs, measureMs };
  const result = await runWorker<JourneysResult>('journeys', input);
  if (result.failed > 0) throw new Error(`${result.failed} actions failed: ${result.firstFailure}`);
  return result;
}

async function measure(
  stack: Stack,
  pid: number,
  port: number,
  database: string,
  steps: Record<string, Step[]>,
  tickets: Ticket[],
): Promise<Round> {
  const loading = load(port, steps, tickets, WARM_UP_MS, MEASURE_MS);
  await pause(WARM_UP_MS + 200);
  const before = await used(stack, pid, database);
  await pause(MEASURE_MS - 600);
  const after = await used(stack, pid, database);
  const result = await loading;
  if (!result.enough) throw new Error('there were not enough tickets for the time');
  const rate = result.actions / result.seconds;
  const done = (rate * (after.at - before.at)) / 1_000;
  return {
    rate,
    p50: percentile(result.times, 50),
    p99: percentile(result.times, 99),
    app: (after.app - before.app) / done,
    database: (after.database - before.database) / done,
    statements: (after.statements - before.statements) / done,
  };
}

async function used(stack: Stack, pid: number, database: string) {
  const sql = 'select sum(s.calls)::float8 as calls from pg_stat_statements s join pg_database d on d.oid = s.dbid where d.datname = $1';
  const statements = await withClient(stack.postgresAdminUrl, async (c) => (await c.query<{ calls: number }>(sql, [database])).rows[0]);
  return {
    at: performance.now(),
    app: cpuMs(pid),
    database: cpuMsWithChildren(pidOf(stack, 'postgres')),
    statements: statements?.calls ?? 0,
  };
}

async function outboxEmpty(c: pg.Client): Promise<void> {
  while (Number((await c.query<{ n: string }>('select count(*) as n from outbox')).rows[0]?.n) > 0) await pause(200);
}

function middle(rounds: Round[]): Round {
  const of = (key: keyof Round): number => median(rounds.map((r) => r[key]));
  return { rate: of('rate'), p50: of('p50'), p99: of('p99'), app: of('app'), database: of('database'), statements: of('statements') };
}

function describe(r: Round): string {
  return `${n(r.rate)} /s, p50 ${n(r.p50, 1)} ms, p99 ${n(r.p99, 1)} ms, CPU ms per action ${n(r.app, 2)} app + ${n(r.database, 2)} Postgres, ${n(r.statements, 1)} statements`;
}

function figure(floor: Round, ours: Round, writes: Record<string, Writes[]>): Figure {
  const ratio = ours.rate / floor.rate;
  const each = Object.values(writes).flat();
  const mean = (of: (w: Writes) => number): string => n(each.reduce((sum, w) => sum + of(w), 0) / each.length, 1);
  return {
    what: `Actions through HTTP, mixed, ${CONNECTIONS} connections, one dispatch process`,
    target: `≥ ${TARGET} × the floor`,
    floor: `${n(floor.rate)} /s, p50 ${n(floor.p50, 1)} ms, p99 ${n(floor.p99, 1)} ms`,
    measured: `${n(ours.rate)} /s, p50 ${n(ours.p50, 1)} ms, p99 ${n(ours.p99, 1)} ms`,
    ratio,
    met: ratio >= TARGET,
    notes: [
      `Medians of ${ROUNDS} rounds of ${MEASURE_MS / 1_000} s after ${n(2 * WARM_UP_TICKETS)} whole journeys and ${WARM_UP_MS / 1_000} s of warm-up, floor and dispatch taking turns; every action has an Idempotency-Key.`,
      'Half of the tickets are accepted, replied, resolved and closed on the pack starter; the others run through P20: accept, propose, three approvals, confirm, answer.',
      `An action writes ${mean((w) => w.events.length)} events, ${mean((w) => w.decisions.length)} decisions and ${mean((w) => w.tasks.length)} open tasks on average, and a row of ${mean((w) => JSON.stringify(w.row).length)} characters.`,
      'Floor: bare Fastify and pg (10 connections) that writes the same rows, taken from one sample of each journey, in one prepared statement into a copy of the database; it reads, checks and decides nothing.',
      `CPU per action, floor: ${n(floor.app, 2)} ms app + ${n(floor.database, 2)} ms Postgres; dispatch, relay included: ${n(ours.app, 2)} + ${n(ours.database, 2)} ms. Ratio of the CPU: ${n((floor.app + floor.database) / (ours.app + ours.database), 2)}.`,
      `Statements per action, relay and polls included: ${n(ours.statements, 1)}; a test of dispatch asserts two for the action itself.`,
    ],
  };
}
