import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { Client, eventSigningKey, publishPack, type Stack } from 'gongdan';
import type pg from 'pg';
import { databaseAt, pause, type Run, runWorker, withClient, withStack } from '../bench.js';
import { floorRate } from '../consumer.js';
import { cpuMs, cpuMsWithChildren, pidOf } from '../machine.js';
import { makeTopics } from '../relay.js';
import { type Figure, n } from '../report.js';
import { type Sampled, TICKETS_TOPIC } from '../sample.js';
import { type ProduceInput } from '../workers/bare-producer.js';

const TICKETS = 50_000;
/** Percent of a core that each process gets when the scaling is measured, and what it works on. */
const SHARE = 30;
const LIMITED_TICKETS = 15_000;
/** In its first seconds a process mostly compiles. A process with a share of a core does that before its share is cut. */
const WARM_UP_TICKETS = 10_000;

/** From a registration on the bus to the committed case with its unit: dispatch alone, with its relay. */
export async function routing(run: Run): Promise<Figure[]> {
  const whole = await withDispatch(run, whole1);
  const limiter = spawnSync('cpulimit', ['--help']).error === undefined;
  const [one, two] = limiter ? [await limited(run, 1), await limited(run, 2)] : [Number.NaN, Number.NaN];
  const scaling = two / one;
  return [
    {
      what: 'Registered → routed and assigned, one dispatch process',
      target: '≥ 3,000 tickets/s',
      floor: `${n(whole.floor)} /s`,
      measured: `${n(whole.rate)} tickets/s`,
      ratio: whole.rate / whole.floor,
      met: whole.rate >= 3_000,
      notes: [
        `Dispatch, started on a topic of ${n(TICKETS)} registrations of the pack starter, from its first committed batch until it has routed all of them; durable Postgres. Its relay publishes at the same time.`,
        'Per ticket it writes the mark, the case, the decision record, the assignment, the event and its outbox pointer. Floor: bare kafkajs with one insert of the raw events per 500.',
        `CPU per ticket: ${n(whole.app, 3)} ms dispatch, relay included, + ${n(whole.database, 3)} ms Postgres.`,
      ],
    },
    {
      what: `The same, two processes with ${SHARE} % of a core each`,
      target: '≥ 1.8 × one such',
      measured: limiter ? `${n(two)} tickets/s; one such ${n(one)} /s` : 'cpulimit is not installed',
      ...(limiter ? { ratio: scaling, met: scaling >= 1.8 } : {}),
      notes: [
        `cpulimit gives each process ${SHARE} % of a core after ${n(WARM_UP_TICKETS)} tickets without a limit; then ${n(LIMITED_TICKETS)} registrations are published at once. The ratio is that of two to one.`,
      ],
    },
  ];
}

/** Dispatch with the pack starter in force for the organisation `demo`, whose registrations `of` makes. */
function withDispatch<T>(run: Run, work: (run: Run, stack: Stack, of: Sampled) => Promise<T>): Promise<T> {
  return withStack(run, { services: ['intake', 'dispatch'] }, async (stack) => {
    const version = Number(/\d+$/.exec(await publishPack(new Client(stack.home, stack.urls), 'starter'))?.[0]);
    await stack.child('intake').stop();
    await makeTopics(stack.kafka);
    return work(run, stack, { org: 'demo', packVersion: version });
  });
}

async function whole1(run: Run, stack: Stack, of: Sampled) {
  await stack.child('dispatch').stop();
  await register(stack, of, TICKETS);
  const floor = await floorRate(stack, TICKETS);
  const starting = stack.revive('dispatch');
  const timed = await withClient(databaseAt(stack.postgresAdminUrl, 'gongdan_dispatch'), async (c) => {
    while ((await applied(c)) === 0) await pause(10);
    const [pid, postgres] = [pidOf(stack, 'dispatch'), pidOf(stack, 'postgres')];
    const [first, app, database] = [await applied(c), cpuMs(pid), cpuMsWithChildren(postgres)];
    const ms = await untilApplied(c, TICKETS);
    await allAssigned(c, TICKETS);
    const tickets = TICKETS - first;
    return {
      rate: (tickets / ms) * 1_000,
      app: (cpuMs(pid) - app) / tickets,
      database: (cpuMsWithChildren(postgres) - database) / tickets,
    };
  });
  await starting;
  run.log(`${n(timed.rate)} tickets/s, floor ${n(floor)} /s`);
  return { ...timed, floor };
}

/** Tickets per second of some processes with a share of a core each. */
function limited(run: Run, processes: 1 | 2): Promise<number> {
  return withDispatch(run, async (_, stack, of) => {
    const names = ['dispatch', ...(processes === 2 ? [await stack.startReplica('dispatch')] : [])];
    return withClient(databaseAt(stack.postgresAdminUrl, 'gongdan_dispatch'), async (c) => {
      await register(stack, of, WARM_UP_TICKETS);
      await untilApplied(c, WARM_UP_TICKETS);
      const limiters = names.map((name) => limit(pidOf(stack, name)));
      try {
        await register(stack, of, LIMITED_TICKETS);
        const from = await applied(c);
        const ms = await untilApplied(c, WARM_UP_TICKETS + LIMITED_TICKETS);
        await allAssigned(c, WARM_UP_TICKETS + LIMITED_TICKETS);
        const rate = ((WARM_UP_TICKETS + LIMITED_TICKETS - from) / ms) * 1_000;
        run.log(`${processes} × ${SHARE} % of a core: ${n(rate)} tickets/s`);
        return rate;
      } finally {
        for (const limiter of limiters) limiter.kill('SIGINT');
        // cpulimit stops its process for most of the time: one that was ended at such a moment would stay stopped.
        for (const name of names) stack.signal(name, 'SIGCONT');
      }
    });
  });
}

function limit(pid: number): ChildProcess {
  return spawn('cpulimit', ['--pid', String(pid), '--limit', String(SHARE)], { stdio: 'ignore' });
}

async function register(stack: Stack, of: Sampled, events: number): Promise<void> {
  const input: ProduceInput = {
    brokers: stack.kafka,
    topic: TICKETS_TOPIC,
    events,
    mix: 'registrations',
    of,
    keys: { intake: eventSigningKey(stack.home, 'intake') },
  };
  await runWorker('bare-producer', input);
}

async function untilApplied(c: pg.Client, tickets: number): Promise<number> {
  const began = performance.now();
  for (let done = await applied(c); done < tickets; done = await applied(c)) {
    if (performance.now() - began > 180_000) throw new Error(`dispatch applied only ${done} of ${tickets} registrations in 180 s`);
    await pause(200);
  }
  return performance.now() - began;
}

/** Registrations that dispatch has applied: each is the first event of its stream. */
async function applied(c: pg.Client): Promise<number> {
  return Number((await c.query<{ n: string }>("select count(*) as n from marks where producer = 'intake'")).rows[0]?.n);
}

/** Throws when a ticket has no unit: a figure of tickets that were parked or found no rule would be worth nothing. */
async function allAssigned(c: pg.Client, tickets: number): Promise<void> {
  const { rows } = await c.query<{ n: string }>("select count(*) as n from cases where unit is not null and state = 'dispatched'");
  if (Number(rows[0]?.n) !== tickets) throw new Error(`${rows[0]?.n} of ${tickets} tickets were assigned`);
}
