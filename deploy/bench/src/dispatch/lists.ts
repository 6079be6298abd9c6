import { Client, publishPack, type Stack } from 'gongdan';
import { databaseAt, type Run, startWorker, runWorker, withClient, withStack } from '../bench.js';
import { cpuMs, cpuMsWithChildren, pidOf } from '../machine.js';
import { type Figure, n, percentile, times } from '../report.js';
import { type PagesInput, type PagesResult } from '../workers/pages.js';
import { CASES, fillCases, PEOPLE } from './fill-cases.js';

const UNITS = ['network', 'billing', 'field-service', 'review-centre'] as const;
const PER_SECOND = 50;
const SECONDS = 20;
const WARM_UP_SECONDS = 10;
const PAGES = 10;

/** The work lists of dispatch when its table holds five million cases. */
export async function lists(run: Run): Promise<Figure[]> {
  return withStack(run, { services: ['intake', 'dispatch'] }, async (stack) => {
    const packVersion = Number(/\d+$/.exec(await publishPack(new Client(stack.home, stack.urls), 'starter'))?.[0]);
    await stack.child('intake').stop();
    const began = performance.now();
    await withClient(databaseAt(stack.postgresAdminUrl, 'gongdan_dispatch'), (c) =>
      fillCases(c, { org: 'demo', units: UNITS, packVersion }),
    );
    run.log(`${n(CASES)} cases written in ${n((performance.now() - began) / 1_000)} s`);
    const floor = startWorker<{ port: number }>('floor-pages', { url: stack.databaseUrl('dispatch') });
    try {
      const { port } = await floor.next();
      return [await figure(run, stack, port, 'queue'), await figure(run, stack, port, 'mine')];
    } finally {
      await floor.stop();
    }
  });
}

async function figure(run: Run, stack: Stack, floorPort: number, list: 'queue' | 'mine'): Promise<Figure> {
  const callers = await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      const person = `person-${Math.floor((i * PEOPLE) / 20)}`;
      const path = list === 'queue' ? `/v1/queues/${UNITS[i % UNITS.length]}` : '/v1/tasks/mine';
      return { token: await stack.token({ id: person, org: 'demo', roles: ['supervisor'] }), path, person };
    }),
  );
  const measure = (port: number): Promise<PagesResult> =>
    runWorker<PagesResult>('pages', {
      host: '127.0.0.1',
      port,
      callers,
      pages: PAGES,
      connections: 8,
      perSecond: PER_SECOND,
      warmUpMs: WARM_UP_SECONDS * 1_000,
      measureMs: SECONDS * 1_000,
    } satisfies PagesInput);
  const floor = await measure(floorPort);
  const used = (): [number, number] => [cpuMs(pidOf(stack, 'dispatch')), cpuMsWithChildren(pidOf(stack, 'postgres'))];
  const before = used();
  const ours = await measure(Number(new URL(stack.urls.dispatch ?? '').port));
  const pages = PER_SECOND * (SECONDS + WARM_UP_SECONDS);
  const [app, database] = used().map((ms, i) => (ms - (before[i] ?? 0)) / pages) as [number, number];
  run.log(
    `${list}: ${times(ours.times)}, CPU ${n(app, 2)} + ${n(database, 2)} ms; floor ${times(floor.times)}; rows per page ${n(ours.rows / ours.times.length, 1)}`,
  );
  const p99 = percentile(ours.times, 99);
  return {
    what: `${list === 'queue' ? 'Queue of a unit' : 'My tasks'} at ${n(CASES)} cases, page of 50`,
    target: 'p99 < 30 ms',
    floor: times(floor.times),
    measured: times(ours.times),
    ratio: percentile(floor.times, 99) / p99,
    met: p99 < 30,
    notes: [
      `${n(ours.times.length)} pages at ${PER_SECOND} a second for ${SECONDS} s after ${WARM_UP_SECONDS} s of warm-up, timed from when each was due; 20 callers, each follows its list for ${PAGES} pages. ${n(ours.rows / ours.times.length, 1)} rows per page.`,
      'One case in five is open; the first of four units has more than half of the queues, 2,000 people hold what is in work.',
      `CPU per page: ${n(app, 2)} ms dispatch + ${n(database, 2)} ms Postgres, warm-up included.`,
      'Floor: bare Fastify and pg with the same page as one prepared statement and no token, rights and directory.',
    ],
  };
}
