import { Client, publishPack, SERVICES, type ServiceName, untilQuiet } from 'gongdan';
import { type Run, runWorker, withStack } from './bench.js';
import { commitTimes, configurePostgres, delays } from './commits.js';
import { makeTopics } from './relay.js';
import { type Figure, n, percentile, times } from './report.js';
import { TICKET_BODY } from './sample.js';
import { type EchoInput } from './workers/bare-echo.js';
import { type LoadInput, type LoadResult } from './workers/load.js';

const PER_SECOND = 200;
const SECONDS = 15;
/** In its first seconds a process spends most of its CPU on compiling. Five services then fill both cores, and the measurement would show the waiting time for them. */
const WARM_UP_SECONDS = 45;

interface Setting {
  services: readonly ServiceName[];
  ticketsPerSecond: number;
}

/** From the commit in intake to the commit in the next service, at a steady 200 events per second. */
export async function latency(run: Run): Promise<Figure[]> {
  const pair = await measure(run, { services: ['intake', 'dispatch'], ticketsPerSecond: PER_SECOND });
  // A ticket begins with about five events on the bus.
  const all = await measure(run, { services: SERVICES, ticketsPerSecond: PER_SECOND / 5 });
  return [
    {
      ...figure(`Commit → applied in the next service at ${PER_SECOND} events/s, intake → dispatch`, pair),
      notes: [
        `${n(pair.dispatched.length)} tickets created in intake at ${PER_SECOND} a second for ${SECONDS} s after ${WARM_UP_SECONDS} s of warm-up, with only these two services running (reached: ${n(pair.reached)} /s); the difference between the commit timestamps of Postgres (track_commit_timestamp): registration in intake → ticket-dispatched in dispatch.`,
        creates(pair),
        'Floor: kafkajs → broker → kafkajs in one process at 200 messages a second, no database.',
      ],
    },
    {
      ...figure(`The same with all five services and ${PER_SECOND} events/s on the bus`, all),
      notes: [
        `${n(all.dispatched.length)} tickets at ${PER_SECOND / 5} a second (reached: ${n(all.reached)} /s) after ${WARM_UP_SECONDS} s of warm-up, each with about five events that four services consume.`,
        `Applied in reporting, the same tickets: ${times(all.reported)}.`,
        creates(all),
      ],
    },
  ];
}

interface Measured {
  floor: number[];
  dispatched: number[];
  reported: number[];
  creates: LoadResult;
  reached: number;
  steady: boolean;
}

async function measure(run: Run, { services, ticketsPerSecond }: Setting): Promise<Measured> {
  return withStack(run, { services }, async (stack) => {
    await configurePostgres(stack, services, { track_commit_timestamp: 'on' });
    const client = new Client(stack.home, stack.urls);
    await publishPack(client, 'starter');
    await makeTopics(stack.kafka);
    const floor = (
      await runWorker<{ times: number[] }>('bare-echo', {
        brokers: stack.kafka,
        topic: 'bench.floor',
        perSecond: PER_SECOND,
        seconds: 8,
      } satisfies EchoInput)
    ).times;
    const { port } = new URL(stack.urls.intake ?? '');
    const token = await stack.token({ id: 'bench', org: 'demo', roles: ['admin'] });
    const input = {
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
    const load = await runWorker<LoadResult>('load', input);
    if (load.failed > 0) throw new Error(`${load.failed} requests failed: ${load.firstFailure}`);
    await untilQuiet(client, 120_000, services);
    const registered = new Map(
      [...(await commitTimes(stack, 'intake', 'ticket_event', 'intake.ticket-registered'))].filter(
        ([, at]) => at >= begin + input.warmUpMs,
      ),
    );
    const stamps = [...registered.values()];
    const reached = (1_000 * (stamps.length - 1)) / (Math.max(...stamps) - Math.min(...stamps));
    const dispatched = delays(registered, await commitTimes(stack, 'dispatch', 'ticket_event', 'dispatch.ticket-dispatched'));
    const reported = services.includes('reporting')
      ? delays(registered, await commitTimes(stack, 'reporting', 'ticket_history', 'intake.ticket-registered'))
      : [];
    run.log(`${services.join(', ')} at ${ticketsPerSecond} tickets/s: ${times(dispatched)}, floor ${times(floor)}`);
    return { floor, dispatched, reported, creates: load, reached, steady: reached > 0.95 * ticketsPerSecond };
  });
}

function figure(what: string, m: Measured): Figure {
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

function creates({ creates: { times: ms } }: Measured): string {
  return `Creates at that rate: ${times(ms)}, timed from when each request was due.`;
}
