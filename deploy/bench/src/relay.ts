import { TOPICS } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { KafkaBus, messagingMigrations } from '@gongdan/messaging';
import { Database } from '@gongdan/platform';
import { type Stack } from 'gongdan';
import { askWorker, databaseAt, type Run, withClient, withStack } from './bench.js';
import { type Figure, median, n } from './report.js';
import { registeredDraft } from './sample.js';
import { type ProduceInput } from './workers/bare-producer.js';
import { type RelayInput } from './workers/relay-worker.js';

const EVENTS = 50_000;
const ROUNDS = 3;
const FLOOR_TOPIC = 'bench.floor';

/** Fifty thousand committed events from a full outbox to the broker by one relay. */
export async function relay(run: Run): Promise<Figure[]> {
  return withStack(run, { services: [] }, async (stack) => {
    await makeTopics(stack.kafka);
    const url = await relayDatabase(stack);
    const rates: number[] = [];
    const floors: number[] = [];
    const cpu: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      const floor = await askWorker<{ ms: number }>('bare-producer', {
        brokers: stack.kafka,
        topic: FLOOR_TOPIC,
        events: EVENTS,
        mix: 'registrations',
      } satisfies ProduceInput);
      await fill(url);
      const ours = await askWorker<{ ms: number; cpuMs: number }>('relay-worker', {
        url,
        brokers: stack.kafka,
        events: EVENTS,
      } satisfies RelayInput);
      floors.push((EVENTS / floor.ms) * 1_000);
      rates.push((EVENTS / ours.ms) * 1_000);
      cpu.push(ours.cpuMs / EVENTS);
      run.say(`${i + 1}/${ROUNDS}: ${n(rates.at(-1) ?? 0)} events/s, floor ${n(floors.at(-1) ?? 0)} /s`);
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
          `Medians of ${ROUNDS} rounds: ${n(EVENTS)} registrations (${n(payload().length)} characters of payload each) in outbox and history, one relay process, from its first look until the last row is deleted; connecting to the broker and taking the leases included.`,
          'Floor: the same messages from memory by the same client in requests of 1,000, one in flight, no database.',
          `CPU of the relay process: ${n(median(cpu), 3)} ms per event.`,
        ],
      },
    ];
  });
}

export async function makeTopics(brokers: string): Promise<void> {
  const bus = new KafkaBus({ brokers: brokers.split(','), clientId: 'bench', partitions: 12 });
  await bus.ensureTopics([...TOPICS, { name: FLOOR_TOPIC, partitions: 'configured', compacted: false, meaning: 'What the floors write.' }]);
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

/** The tables as a burst of accepts leaves them; leases of the relay before are void, as after a restart. */
async function fill(url: string): Promise<void> {
  await withClient(url, async (c) => {
    // Switches off the trigger that keeps history insert-only.
    await c.query('set session_replication_role = replica');
    await c.query('truncate ticket_event, outbox, relay_members');
    await c.query('reset session_replication_role');
    await c.query("update outbox_leases set owner = null, until = '-infinity'");
    await c.query(
      `with said as (
         insert into ticket_event (org, ticket_id, seq, event_id, name, version, occurred_at, correlation_id, actor_id, actor_name, data)
         select 'bench', uuidv7(), 1, uuidv7(), 'intake.ticket-registered', 1, now(), 'bench-' || n, 'mei', 'Mei', $2::json from generate_series(1, $1::int) as n
         returning ticket_id
       )
       insert into outbox (part, org, ticket_id, seq) select hashtext(ticket_id::text) & 63, 'bench', ticket_id, 1 from said`,
      [EVENTS, payload()],
    );
    // As autovacuum has done it in a system that runs.
    await c.query('vacuum analyze ticket_event');
    await c.query('vacuum analyze outbox');
    await c.query('checkpoint');
  });
}
