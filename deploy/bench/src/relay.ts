import { TOPICS } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { KafkaBus, messagingMigrations } from '@gongdan/messaging';
import { Database } from '@gongdan/platform';
import { type Stack } from 'gongdan';
import { runWorker, databaseAt, type Run, withClient, withStack } from './bench.js';
import { type Figure, median, n } from './report.js';
import { registeredDraft } from './sample.js';
import { type ProduceInput } from './workers/bare-producer.js';
import { type RelayInput } from './workers/relay-worker.js';

const EVENTS = 50_000;
const ROUNDS = 3;
const FLOOR_TOPIC = 'bench.floor';

/** One relay publishes fifty thousand committed events from a full outbox. */
export async function relay(run: Run): Promise<Figure[]> {
  return withStack(run, { services: [] }, async (stack) => {
    await makeTopics(stack.kafka);
    const url = await relayDatabase(stack);
    const rates: number[] = [];
    const floors: number[] = [];
    const cpu: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      const floor = await runWorker<{ ms: number }>('bare-producer', {
        brokers: stack.kafka,
        topic: FLOOR_TOPIC,
        events: EVENTS,
        mix: 'registrations',
      } satisfies ProduceInput);
      await fill(url);
      const ours = await runWorker<{ ms: number; cpuMs: number }>('relay-worker', {
        url,
        brokers: stack.kafka,
        events: EVENTS,
      } satisfies RelayInput);
      floors.push((EVENTS / floor.ms) * 1_000);
      rates.push((EVENTS / ours.ms) * 1_000);
      cpu.push(ours.cpuMs / EVENTS);
      run.log(`${i + 1}/${ROUNDS}: ${n(rates.at(-1) ?? 0)} events/s, floor ${n(floors.at(-1) ?? 0)} /s`);
    }
    const rate = median(rates);
    return [
      {
        what: 'Relay, one process, to the broker',
        target: '≥ 10,000 events/s',
        floor: `${n(median(floors))} /s`,
        measured: `${n(rate)} events/s`,
        ratio: rate / median(floors),
        met: rate >= 10_000,
        notes: [
          `Medians of ${ROUNDS} rounds: ${n(EVENTS)} registrations (${n(payload().length)} characters of payload each) in outbox and history, one relay process, from its first poll until the last row is deleted, with connecting to the broker and taking the leases.`,
          'Floor: the same client publishes the same messages from memory in requests of 1,000, one in flight, unsigned and without a database.',
          `CPU of the relay process, signatures included: ${n(median(cpu), 3)} ms per event.`,
        ],
      },
    ];
  });
}

export async function makeTopics(brokers: string): Promise<void> {
  const bus = new KafkaBus({ brokers: brokers.split(','), clientId: 'bench', partitions: 12 });
  await bus.ensureTopics([
    ...TOPICS,
    { name: FLOOR_TOPIC, partitions: 'configured', compacted: false, meaning: 'Messages of the floors.' },
  ]);
  await bus.close();
}

async function relayDatabase(stack: Stack): Promise<string> {
  await withClient(stack.postgresAdminUrl, (c) => c.query('create database gongdan_relay'));
  const url = databaseAt(stack.postgresAdminUrl, 'gongdan_relay');
  const database = new Database({ url, poolSize: 2, applicationName: 'bench', migrations: messagingMigrations });
  await database.connect();
  await database.migrate();
  await database.close();
  return url;
}

function payload(): string {
  return JSON.stringify(registeredDraft('bench', newId(), 'GD202603000001').data);
}

/** Fills the tables as a burst of accepted tickets would, and frees the leases of the relay before. */
async function fill(url: string): Promise<void> {
  await withClient(url, async (c) => {
    // Switches off the trigger that keeps history insert-only.
    await c.query('set session_replication_role = replica');
    await c.query('truncate ticket_event, outbox, relay_members');
    await c.query('reset session_replication_role');
    await c.query("update outbox_leases set owner = null, until = '-infinity'");
    await c.query(
      `with stored as (
         insert into ticket_event (org, ticket_id, seq, event_id, name, version, occurred_at, correlation_id, actor_id, actor_name, data)
         select 'bench', uuidv7(), 1, uuidv7(), 'intake.ticket-registered', 1, now(), 'bench-' || n, 'mei', 'Mei', $2::json from generate_series(1, $1::int) as n
         returning ticket_id
       )
       insert into outbox (part, org, ticket_id, seq) select hashtext(ticket_id::text) & 63, 'bench', ticket_id, 1 from stored`,
      [EVENTS, payload()],
    );
    // In a running system autovacuum has done this.
    await c.query('vacuum analyze ticket_event');
    await c.query('vacuum analyze outbox');
    await c.query('checkpoint');
  });
}
