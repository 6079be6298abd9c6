import { Client, publishPack, SERVICES, type Stack, untilQuiet } from 'gongdan';
import { askWorker, databaseAt, pause, type Run, withClient, withStack } from './bench.js';
import { makeTopics } from './relay.js';
import { type Figure, n, percentile } from './report.js';
import { TICKET_BODY } from './sample.js';
import { type EchoInput } from './workers/bare-echo.js';
import { type LoadInput, type LoadResult } from './workers/load.js';

const PER_SECOND = 200;
const SECONDS = 15;

/** Commit in intake → commit in the next service, at a steady 200 tickets a second with all five services at work. */
export async function latency(run: Run): Promise<Figure[]> {
  return withStack(run, { services: SERVICES }, async (stack) => {
    await stampCommits(stack);
    const client = new Client(stack.home, stack.urls);
    await publishPack(client, 'starter');
    await makeTopics(stack.kafka);
    const floor = (await askWorker<{ times: number[] }>('bare-echo', { brokers: stack.kafka, topic: 'bench.floor', perSecond: PER_SECOND, seconds: 8 } satisfies EchoInput)).times;
    const { port } = new URL(stack.urls.intake ?? '');
    const token = await stack.token({ id: 'bench', org: 'demo', roles: ['admin'] });
    const load = { host: '127.0.0.1', port: Number(port), path: '/v1/tickets', token, body: JSON.stringify(TICKET_BODY), connections: 32, warmUpMs: 5_000, measureMs: SECONDS * 1_000, perSecond: PER_SECOND } satisfies LoadInput;
    const begin = Date.now();
    const answered = await askWorker<LoadResult>('load', load);
    await untilQuiet(client, 120_000);
    const since = new Date(begin + load.warmUpMs).toISOString();
    const dispatched = await between(stack, 'dispatch', 'ticket_event', 'dispatch.ticket-dispatched', since);
    const reported = await between(stack, 'reporting', 'ticket_history', 'intake.ticket-registered', since);
    const [p50, p99] = [percentile(dispatched, 50), percentile(dispatched, 99)];
    return [
      {
        what: `Commit → applied in the next service at ${PER_SECOND} events/s`,
        target: 'p50 < 50 ms, p99 < 250 ms',
        floor: times(floor),
        measured: times(dispatched),
        ratio: percentile(floor, 50) / p50,
        met: p50 < 50 && p99 < 250,
        notes: [
          `${n(dispatched.length)} tickets through intake’s door at ${PER_SECOND} a second (each becomes some five events) for ${SECONDS} s after 5 s of warm-up, all five services at work; the difference of Postgres’ own commit stamps (track_commit_timestamp): registration in intake → ticket-dispatched in dispatch.`,
          `Applied in reporting, the same tickets: ${times(reported)}.`,
          `The door itself at that rate: ${times(answered.times)}, counted from when each request was due; ${answered.failed} failed.`,
          'Floor: kafkajs → broker → kafkajs in one process at the same rate, no database; measured beside the idle stack.',
        ],
      },
    ];
  });
}

/** Postgres stamps commits only when told so at its start. */
async function stampCommits(stack: Stack): Promise<void> {
  await withClient(stack.postgresAdminUrl, (c) => c.query('alter system set track_commit_timestamp = on'));
  await stack.child('postgres').stop();
  await stack.revive('postgres');
  await pause(500);
  for (const service of SERVICES) await stack.ready(service);
}

async function commits(stack: Stack, service: string, table: string, name: string): Promise<Map<string, number>> {
  return withClient(databaseAt(stack.postgresAdminUrl, `gongdan_${service}`), async (c) => {
    const { rows } = await c.query<{ ticket_id: string; at: number }>(
      `select ticket_id, extract(epoch from pg_xact_commit_timestamp(xmin))::float8 * 1000 as at from ${table} where name = $1`,
      [name],
    );
    return new Map(rows.map((r) => [r.ticket_id, r.at]));
  });
}

async function between(stack: Stack, service: string, table: string, name: string, since: string): Promise<number[]> {
  const from = await commits(stack, 'intake', 'ticket_event', 'intake.ticket-registered');
  const to = await commits(stack, service, table, name);
  const measured = [...from].filter(([, at]) => at >= Date.parse(since));
  const lost = measured.filter(([id]) => !to.has(id));
  if (lost.length > 0) throw new Error(`${lost.length} of ${measured.length} tickets never arrived in ${service}`);
  return measured.map(([id, at]) => (to.get(id) ?? 0) - at);
}

function times(ms: readonly number[]): string {
  return `p50 ${n(percentile(ms, 50), 1)} ms, p99 ${n(percentile(ms, 99), 1)} ms`;
}
