import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { type EventEnvelope, type EventOf, intake, TICKETS, TOPICS } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { clockMigration, Database, migration } from '@gongdan/platform';
import { testDatabase } from '@gongdan/testing';
import { Consumer } from '../inbox/consumer.js';
import { type EventHandler } from '../inbox/event-handler.js';
import { messagingMigrations } from '../migrations.js';
import { Outbox } from '../outbox/outbox.js';
import { Relay } from '../outbox/relay.js';
import { type Bus, type Listener, type OutgoingMessage, type Subscription } from './bus.js';

const appliedTable = migration(
  100,
  'Applied',
  'create table applied (n bigint generated always as identity, org text, ticket_id uuid, seq bigint, reason text)',
);
export const WITHDRAWN = intake.TicketWithdrawn;
type Withdrawn = EventOf<typeof WITHDRAWN>;
const CAUSE = { correlationId: 'bus-suite', actor: { id: 'tester' } };
export const AT = '2026-03-02T09:00:00.000Z';

/** A bus for the relay that drops or delays messages when a test wants them lost or late. */
export class Tampering implements Pick<Bus, 'publish'> {
  drop: (m: OutgoingMessage) => boolean = () => false;
  before: () => Promise<void> = async () => undefined;
  constructor(private readonly bus: Bus) {}
  async publish(topic: string, messages: readonly OutgoingMessage[]): Promise<void> {
    await this.before();
    await this.bus.publish(
      topic,
      messages.filter((m) => !this.drop(m)),
    );
  }
}

export type BusRig = ReturnType<typeof busRig>;

/** The whole path around a bus: outbox and relay of a producer, and a consumer, on databases that each test creates with `fresh`. */
export function busRig(makeBus: () => Promise<Bus>) {
  let bus: Bus;
  let producer: Database;
  let consumer: Database;
  /** Called in reverse order after each test. */
  const closing: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    bus = await makeBus();
    await bus.ensureTopics(TOPICS);
  });
  afterAll(async () => bus.close());
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function fresh(): Promise<void> {
    const producerDb = await testDatabase([clockMigration, ...messagingMigrations], 'law_producer');
    const consumerDb = await testDatabase([clockMigration, ...messagingMigrations, appliedTable], 'law_consumer');
    producer = new Database({ url: producerDb.url, poolSize: 8, applicationName: 'bus-suite', migrations: [] });
    consumer = new Database({ url: consumerDb.url, poolSize: 8, applicationName: 'bus-suite', migrations: [] });
    await producer.connect();
    await consumer.connect();
    closing.push(async () => {
      await producer.close();
      await consumer.close();
      await producerDb.drop();
      await consumerDb.drop();
    });
  }

  function consumerWith(fail: (e: Withdrawn) => void = () => undefined): Consumer {
    const handler: EventHandler = {
      event: WITHDRAWN,
      batch: true,
      method: 'bus-suite',
      call: async (events, { tx }) => {
        const list = events as EventEnvelope[] as Withdrawn[];
        for (const e of list) fail(e);
        await tx.run(
          `insert into applied (org, ticket_id, seq, reason) select * from unnest($1::text[], $2::uuid[], $3::bigint[], $4::text[])`,
          [list.map((e) => e.org), list.map((e) => e.ticketId), list.map((e) => e.seq), list.map((e) => e.data.reason)],
        );
      },
    };
    return new Consumer({ database: consumer, self: 'dispatch', handlers: new Map([[WITHDRAWN.name, handler]]) });
  }

  async function join(
    c: Consumer,
    group = `bus-suite-${newId()}`,
    wrap: (onBatch: Listener['onBatch']) => Listener['onBatch'] = (f) => f,
  ): Promise<Subscription> {
    const subscription = await bus.subscribe(group, {
      topics: [TICKETS.name],
      onBatch: wrap((messages, heartbeat) => c.apply(messages, heartbeat)),
      onFatal: (error) => {
        throw error;
      },
    });
    closing.push(() => subscription.stop());
    return subscription;
  }

  function relay(through: Pick<Bus, 'publish'> = bus): Relay {
    const r = new Relay({ database: producer, bus: through as Bus, producer: 'intake', onError: (error) => console.error(error) });
    r.start();
    closing.push(() => r.stop());
    return r;
  }

  async function append(ticketId: string, ...reasons: string[]): Promise<void> {
    const outbox = new Outbox();
    for (const reason of reasons) {
      await producer.transaction(async (tx) => {
        await tx.run('select pg_advisory_xact_lock(hashtext($1))', [ticketId]);
        await outbox.append(tx, [WITHDRAWN.of({ org: 'acme', ticketId, occurredAt: AT, data: { reason, withdrawnAt: AT } })], CAUSE);
      });
    }
  }

  const applied = async (ticketId: string): Promise<string[]> =>
    (await consumer.rows<{ reason: string }>('select reason from applied where ticket_id = $1::uuid order by n', [ticketId])).map(
      (r) => r.reason,
    );

  return {
    get bus() {
      return bus;
    },
    get producer() {
      return producer;
    },
    get consumer() {
      return consumer;
    },
    closing,
    fresh,
    consumerWith,
    join,
    relay,
    append,
    applied,
  };
}
