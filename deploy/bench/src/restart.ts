import { Client, publishPack, SERVICES, type ServiceName, type Stack, untilQuiet } from 'gongdan';
import { pause, type Run, startWorker, withStack } from './bench.js';
import { cpuMs, pidOf } from './machine.js';
import { type Figure, n } from './report.js';
import { TICKET_BODY } from './sample.js';
import { type LoadInput, type LoadResult } from './workers/load.js';

const PER_SECOND = 60;
const WARM_UP_SECONDS = 45;
const MOST_SECONDS = 8;
const MOST_CPU_SECONDS = 1.5;
/** The load is sent to intake. */
const RESTARTED = SERVICES.filter((s) => s !== 'intake');

interface Ready {
  seconds: number;
  /** CPU of the new process until it was ready. */
  cpuSeconds: number;
}

/** Each service is restarted while tickets are created; it is ready when it has joined the bus and its readiness check succeeds. */
export async function restart(run: Run): Promise<Figure[]> {
  return withStack(run, { services: SERVICES }, async (stack) => {
    const client = new Client(stack.home, stack.urls);
    await publishPack(client, 'starter');
    await untilQuiet(client);
    const quiet = await restartEach(run, stack, 'idle');
    const load = startWorker<LoadResult>('load', await loadInput(stack));
    try {
      await pause(WARM_UP_SECONDS * 1_000);
      const busy = await restartEach(run, stack, `at ${PER_SECOND}/s`);
      load.send({ stop: true });
      const { failed, firstFailure } = await load.next();
      if (failed > 0) throw new Error(`${failed} requests failed: ${firstFailure}`);
      await untilQuiet(client);
      return [figure(quiet, busy)];
    } finally {
      await load.stop();
    }
  });
}

async function restartEach(run: Run, stack: Stack, when: string): Promise<Map<ServiceName, Ready>> {
  const results = new Map<ServiceName, Ready>();
  for (const service of RESTARTED) {
    await stack.child(service).stop();
    const begin = performance.now();
    await stack.revive(service);
    const ready = { seconds: (performance.now() - begin) / 1_000, cpuSeconds: cpuMs(pidOf(stack, service)) / 1_000 };
    results.set(service, ready);
    run.log(`${service} ${when}: ready after ${n(ready.seconds, 1)} s, ${n(ready.cpuSeconds, 2)} s of CPU`);
    await pause(3_000);
  }
  return results;
}

async function loadInput(stack: Stack): Promise<LoadInput> {
  return {
    host: '127.0.0.1',
    port: Number(new URL(stack.urls.intake ?? '').port),
    path: '/v1/tickets',
    token: await stack.token({ id: 'bench', org: 'demo', roles: ['admin'] }),
    body: JSON.stringify(TICKET_BODY),
    connections: 32,
    warmUpMs: 0,
    // It runs until it receives the order to stop.
    measureMs: 600_000,
    perSecond: PER_SECOND,
  };
}

function figure(quiet: Map<ServiceName, Ready>, busy: Map<ServiceName, Ready>): Figure {
  const slowest = (all: Map<ServiceName, Ready>): number => Math.max(...[...all.values()].map((r) => r.seconds));
  const cpu = Math.max(...[...quiet.values()].map((r) => r.cpuSeconds));
  const list = (all: Map<ServiceName, Ready>): string =>
    [...all].map(([s, r]) => `${s} ${n(r.seconds, 1)} s (${n(r.cpuSeconds, 2)} s of CPU)`).join(', ');
  return {
    what: `Ready after a restart under ${PER_SECOND} tickets/s`,
    target: `< ${MOST_SECONDS} s, ≤ ${MOST_CPU_SECONDS} s of CPU to start`,
    floor: `${n(slowest(quiet), 1)} s without load`,
    measured: `${n(slowest(busy), 1)} s the slowest; ${n(cpu, 2)} s of CPU without load`,
    ratio: slowest(quiet) / slowest(busy),
    met: slowest(busy) < MOST_SECONDS && cpu <= MOST_CPU_SECONDS,
    notes: [
      'From the start of the new process until `/health/ready` answers 200 (database and bus reached); the old one had drained before.',
      `Under load, which had run for ${WARM_UP_SECONDS} s: ${list(busy)}.`,
      `Floor, the same restarts with nothing to do: ${list(quiet)}.`,
    ],
  };
}
