import { eventSigningKey, type Stack } from 'gongdan';
import type pg from 'pg';
import { runWorker, databaseAt, pause, type Run, withClient, withStack } from './bench.js';
import { cpuMs, cpuMsWithChildren, pidOf } from './machine.js';
import { makeTopics } from './relay.js';
import { type Figure, n } from './report.js';
import { TICKETS_TOPIC } from './sample.js';
import { type ProduceInput } from './workers/bare-producer.js';
import { type ConsumeInput } from './workers/bare-consumer.js';

const EVENTS = 50_000;

interface Pass {
  rate: number;
  floor: number;
  app: number;
  database: number;
}

/** One reporting process that starts with a full topic: it verifies, deduplicates, orders, folds and writes. */
export async function consumer(run: Run): Promise<Figure[]> {
  const journeys = await pass(run, 'journeys');
  const registrations = await pass(run, 'registrations');
  return [
    {
      what: 'Consumer, one process with its database work',
      target: '≥ 5,000 events/s',
      floor: `${n(journeys.floor)} /s`,
      measured: `${n(journeys.rate)} events/s`,
      ratio: journeys.rate / journeys.floor,
      met: journeys.rate >= 5_000,
      notes: [
        `The reporting service, started on a topic of ${n(EVENTS)} events (the first five of each ticket: registered, dispatched, two clocks, accepted), from its first committed batch until its marks hold all of them; durable Postgres.`,
        'Per event it validates address, signature and payload, locks and advances the mark, folds the row, maintains five indexes (one of trigrams) and writes the history.',
        'Floor: bare kafkajs with the same batches and one insert of the raw events per 500, without deduplication, order and fold, and with one index.',
        `Worst case, ${n(EVENTS)} registrations of as many tickets (every event a new row with text to index): ${n(registrations.rate)} events/s, floor ${n(registrations.floor)} /s.`,
        `CPU per event: ${n(journeys.app, 3)} ms service + ${n(journeys.database, 3)} ms Postgres; registrations: ${n(registrations.app, 3)} + ${n(registrations.database, 3)} ms.`,
      ],
    },
  ];
}

async function pass(run: Run, mix: ProduceInput['mix']): Promise<Pass> {
  return withStack(run, { services: [] }, async (stack) => {
    await makeTopics(stack.kafka);
    await runWorker('bare-producer', {
      brokers: stack.kafka,
      topic: TICKETS_TOPIC,
      events: EVENTS,
      mix,
      keys: Object.fromEntries((['intake', 'dispatch', 'sla'] as const).map((service) => [service, eventSigningKey(stack.home, service)])),
    } satisfies ProduceInput);
    const floor = await floorRate(stack);
    const { ms, app, database } = await reportingCatchesUp(stack);
    const rate = (EVENTS / ms) * 1_000;
    run.log(`${mix}: ${n(rate)} events/s, floor ${n(floor)} /s`);
    return { rate, floor, app: app / EVENTS, database: database / EVENTS };
  });
}

/** Events per second that bare kafkajs reads from the topic and inserts. */
export async function floorRate(stack: Stack, events = EVENTS): Promise<number> {
  await withClient(stack.postgresAdminUrl, (c) => c.query('create database gongdan_floor'));
  const url = databaseAt(stack.postgresAdminUrl, 'gongdan_floor');
  await withClient(url, (c) =>
    c.query(
      'create table floor_events (org text, ticket_id uuid, producer text, seq bigint, event_id uuid, name text, data json, primary key (org, ticket_id, producer, seq))',
    ),
  );
  const { ms } = await runWorker<{ ms: number }>('bare-consumer', {
    url,
    brokers: stack.kafka,
    topic: TICKETS_TOPIC,
    group: 'bench-floor',
    events,
  } satisfies ConsumeInput);
  return (events / ms) * 1_000;
}

async function reportingCatchesUp(stack: Stack): Promise<{ ms: number; app: number; database: number }> {
  const starting = stack.startServices(['reporting']);
  const result = await withClient(databaseAt(stack.postgresAdminUrl, 'gongdan_reporting'), async (c) => {
    while (!(await hasMarksTable(c))) await pause(20);
    while (!(await anyMark(c))) await pause(10);
    const pid = pidOf(stack, 'reporting');
    const postgres = pidOf(stack, 'postgres');
    const before = [performance.now(), cpuMs(pid), cpuMsWithChildren(postgres)] as const;
    for (const end = before[0] + 120_000; (await applied(c)) < EVENTS; await pause(100)) {
      if (performance.now() > end) throw new Error(`reporting applied only ${await applied(c)} of ${EVENTS} events in 120 s`);
    }
    return { ms: performance.now() - before[0], app: cpuMs(pid) - before[1], database: cpuMsWithChildren(postgres) - before[2] };
  });
  await starting;
  return result;
}

async function hasMarksTable(c: pg.Client): Promise<boolean> {
  return (await c.query<{ yes: boolean }>("select to_regclass('marks') is not null as yes")).rows[0]?.yes ?? false;
}

async function anyMark(c: pg.Client): Promise<boolean> {
  return ((await c.query('select 1 from marks limit 1')).rowCount ?? 0) > 0;
}

/** Events applied so far: a mark is the number of events of its stream that were applied. */
async function applied(c: pg.Client): Promise<number> {
  return Number((await c.query<{ n: string }>('select coalesce(sum(last_seq), 0) as n from marks')).rows[0]?.n);
}
