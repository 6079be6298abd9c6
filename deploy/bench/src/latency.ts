import { Client, publishPack, SERVICES, type ServiceName, type Stack, untilQuiet } from 'gongdan';
import { askWorker, databaseAt, pause, type Run, withClient, withStack } from './bench.js';
import { makeTopics } from './relay.js';
import { type Figure, n, percentile } from './report.js';
import { TICKET_BODY } from './sample.js';
import { type EchoInput } from './workers/bare-echo.js';
import { type LoadInput, type LoadResult } from './workers/load.js';

const PER_SECOND = 200;
const SECONDS = 15;
/** In the first seconds of a process most of its CPU goes into compiling; five services on two cores then fill both, and the figure is that of the queue. */
const WARM_UP_SECONDS = 45;

interface Setting {
  services: readonly ServiceName[];
  ticketsPerSecond: number;
}

/** Commit in intake → commit in the next service, at a steady 200 events a second. */
export async function latency(run: Run): Promise<Figure[]> {
  const pair = await measure(run, { services: ['intake', 'dispatch'], ticketsPerSecond: PER_SECOND });
  // The beginning of a ticket is some five events on the bus.
  const all = await measure(run, { services: SERVICES, ticketsPerSecond: PER_SECOND / 5 });
  return [
    {
      ...judged(`Commit → applied in the next service at ${PER_SECOND} events/s, intake → dispatch`, pair),
      notes: [
        `${n(pair.dispatched.length)} tickets through intake’s door at ${PER_SECOND} a second for ${SECONDS} s after ${WARM_UP_SECONDS} s of warm-up, only these two services at work (reached: ${n(pair.reached)} /s); the difference of Postgres’ own commit stamps (track_commit_timestamp): registration in intake → ticket-dispatched in dispatch.`,
        door(pair),
        'Floor: kafkajs → broker → kafkajs in one process at 200 messages a second, no database.',
      ],
    },
    {
      ...judged(`The same with all five services and ${PER_SECOND} events/s on the bus`, all),
      notes: [
        `${n(all.dispatched.length)} tickets at ${PER_SECOND / 5} a second (reached: ${n(all.reached)} /s) after ${WARM_UP_SECONDS} s of warm-up, each some five events that four services hear.`,
        `Applied in reporting, the same tickets: ${times(all.reported)}.`,
        door(all),
      ],
    },
  ];
}

interface Measured {
  floor: number[];
  dispatched: number[];
  reported: number[];
  door: LoadResult;
  reached: number;
  steady: boolean;
}

async function measure(run: Run, { services, ticketsPerSecond }: Setting): Promise<Measured> {
  return withStack(run, { services }, async (stack) => {
    await stampCommits(stack, services);
    const client = new Client(stack.home, stack.urls);
    await publishPack(client, 'starter');
    await makeTopics(stack.kafka);
    const floor = (
      await askWorker<{ times: number[] }>('bare-echo', {
        brokers: stack.kafka,
        topic: 'bench.floor',
        perSecond: PER_SECOND,
        seconds: 8,
      } satisfies EchoInput)
    ).times;
    const { port } = new URL(stack.urls.intake ?? '');
    const token = await stack.token({ id: 'bench', org: 'demo', roles: ['admin'] });
    const load = {
      host: '127.0.0.1',
      port: Number(port),
      path: '/v1/tickets',
      token,
      body: JSON.stringify(TICKET_BODY),
      connections: 32,
      warmUpMs: WARM_UP_SECONDS * 1_000,
      measureMs: SECONDS * 1_000,
      perSecond: ticketsPerSecond,
    } satisfies LoadInput;
    const begin = Date.now();
    const answered = await askWorker<LoadResult>('load', load);
    if (answered.failed > 0) throw new Error(`${answered.failed} requests failed: ${answered.firstFailure}`);
    await untilQuiet(client, 120_000, services);
    const registered = new Map(
      [...(await commits(stack, 'intake', 'ticket_event', 'intake.ticket-registered'))].filter(([, at]) => at >= begin + load.warmUpMs),
    );
    const stamps = [...registered.values()];
    const reached = (1_000 * (stamps.length - 1)) / (Math.max(...stamps) - Math.min(...stamps));
    const dispatched = between(registered, await commits(stack, 'dispatch', 'ticket_event', 'dispatch.ticket-dispatched'));
    const reported = services.includes('reporting')
      ? between(registered, await commits(stack, 'reporting', 'ticket_history', 'intake.ticket-registered'))
      : [];
    run.say(`${services.join(', ')} at ${ticketsPerSecond} tickets/s: ${times(dispatched)}, floor ${times(floor)}`);
    return { floor, dispatched, reported, door: answered, reached, steady: reached > 0.95 * ticketsPerSecond };
  });
}

function judged(what: string, m: Measured): Figure {
  const [p50, p99] = [percentile(m.dispatched, 50), percentile(m.dispatched, 99)];
  return {
    what,
    target: 'p50 < 50 ms, p99 < 250 ms',
    floor: times(m.floor),
    measured: `${times(m.dispatched)}${m.steady ? '' : ' (the rate was not reached)'}`,
    ratio: percentile(m.floor, 50) / p50,
    met: m.steady && p50 < 50 && p99 < 250,
  };
}

function door({ door: { times: ms } }: Measured): string {
  return `The door itself at that rate: ${times(ms)}, counted from when each request was due.`;
}

/** Postgres stamps commits only when told so at its start. */
async function stampCommits(stack: Stack, services: readonly ServiceName[]): Promise<void> {
  await withClient(stack.postgresAdminUrl, (c) => c.query('alter system set track_commit_timestamp = on'));
  await stack.child('postgres').stop();
  await stack.revive('postgres');
  await pause(500);
  for (const service of services) await stack.ready(service);
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

function between(from: Map<string, number>, to: Map<string, number>): number[] {
  const lost = [...from.keys()].filter((id) => !to.has(id));
  if (lost.length > 0) throw new Error(`${lost.length} of ${from.size} tickets never arrived`);
  return [...from].map(([id, at]) => (to.get(id) ?? 0) - at);
}

function times(ms: readonly number[]): string {
  return `p50 ${n(percentile(ms, 50), 1)} ms, p99 ${n(percentile(ms, 99), 1)} ms`;
}
