import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type EventEnvelope, type EventOf, intake, TICKETS, TOPICS } from '@gongdan/contracts';
import { idOf, newId, Unavailable } from '@gongdan/kernel';
import { clockMigration, Database, migration } from '@gongdan/platform';
import { eventually, type TestDatabase, testDatabase } from '@gongdan/testing';
import { type Bus, type Listener, type OutgoingMessage, type Subscription } from './bus.js';
import { Consumer } from '../inbox/consumer.js';
import { askForGaps } from '../inbox/gaps.js';
import { type EventHandler } from '../inbox/event-handler.js';
import { messagingMigrations } from '../migrations.js';
import { Outbox } from '../outbox/outbox.js';
import { messageOf, type ParkedRow } from '../inbox/parked.js';
import { discardParked, redriveDue, redriveTicket } from '../inbox/redrive.js';
import { HeadsPublisher } from '../outbox/heads-publisher.js';
import { Relay } from '../outbox/relay.js';
import { republishStretch } from '../operations/republish.js';

const appliedTable = migration(
  100,
  'Applied',
  'create table applied (n bigint generated always as identity, org text, ticket_id uuid, seq bigint, reason text)',
);
const WITHDRAWN = intake.TicketWithdrawn;
type Withdrawn = EventOf<typeof WITHDRAWN>;
const CAUSE = { correlationId: 'bus-suite', actor: { id: 'tester' } };
const AT = '2026-03-02T09:00:00.000Z';

/** A bus for the relay that drops or delays messages when a test wants them lost or late. */
class Tampering implements Pick<Bus, 'publish'> {
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

/** The suite that both buses pass, with the whole path around them: outbox, relay, marks, parking and gaps on real Postgres. */
export function busSuite(name: string, makeBus: () => Promise<Bus>): void {
  describe(`the bus suite: ${name}`, () => {
    let bus: Bus;
    let producerDb: TestDatabase;
    let consumerDb: TestDatabase;
    let producer: Database;
    let consumer: Database;
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
      producerDb = await testDatabase([clockMigration, ...messagingMigrations], 'law_producer');
      consumerDb = await testDatabase([clockMigration, ...messagingMigrations, appliedTable], 'law_consumer');
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

    it('applies every event of a ticket once and in order when many writers append', async () => {
      await fresh();
      relay();
      await join(consumerWith());
      const tickets = Array.from({ length: 12 }, () => newId());
      const reasons = Array.from({ length: 8 }, (_, i) => `r${i}`);
      await Promise.all(tickets.map((t) => append(t, ...reasons)));
      for (const t of tickets) await eventually(async () => expect(await applied(t)).toEqual(reasons));
      await eventually(async () => expect((await producer.one<{ n: number }>('select count(*) as n from outbox'))?.n).toBe(0));
    });

    it('applies no event twice when its producer publishes it again', async () => {
      await fresh();
      const r = relay();
      await join(consumerWith());
      const ticket = newId();
      await append(ticket, 'a', 'b', 'c');
      await eventually(async () => expect(await applied(ticket)).toEqual(['a', 'b', 'c']));
      await republishStretch(producer, 'intake', { producer: 'intake', org: 'acme', ticketId: ticket, fromSeq: 1, toSeq: 3 });
      r.nudge();
      await append(ticket, 'd');
      await eventually(async () => expect(await applied(ticket)).toEqual(['a', 'b', 'c', 'd']));
    });

    it('applies every event once and in order while members join and leave the group', async () => {
      await fresh();
      relay();
      const group = `bus-suite-${newId()}`;
      const first = await join(consumerWith(), group);
      const tickets = Array.from({ length: 10 }, () => newId());
      const appending = Promise.all(tickets.map((t) => append(t, ...Array.from({ length: 12 }, (_, i) => `x${i}`))));
      await join(consumerWith(), group);
      await first.stop();
      await appending;
      for (const t of tickets)
        await eventually(async () => expect(await applied(t)).toEqual(Array.from({ length: 12 }, (_, i) => `x${i}`)), 40_000);
    }, 60_000);

    it('applies every event once when the consumer crashes between the commit and the acknowledgement', async () => {
      await fresh();
      relay();
      let crashes = 0;
      await join(consumerWith(), undefined, (onBatch) => async (messages, heartbeat) => {
        await onBatch(messages, heartbeat);
        if (crashes++ < 2) throw new Error('crashed after the commit');
      });
      const ticket = newId();
      await append(ticket, 'a', 'b');
      await eventually(async () => expect(crashes).toBeGreaterThan(2));
      await append(ticket, 'c');
      await eventually(async () => expect(await applied(ticket)).toEqual(['a', 'b', 'c']));
    });

    it('applies every event once when a relay wakes up after its lease was taken', async () => {
      await fresh();
      const slow = new Tampering(bus);
      let release = (): void => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      let stuck = false;
      slow.before = async () => {
        stuck = true;
        await held;
      };
      const zombie = relay(slow);
      const ticket = newId();
      await append(ticket, 'a', 'b');
      zombie.nudge();
      await eventually(() => expect(stuck).toBe(true));
      await producer.run(`update outbox_leases set until = '-infinity'`);
      await producer.run('delete from relay_members');
      relay();
      await join(consumerWith());
      await eventually(async () => expect(await applied(ticket)).toEqual(['a', 'b']));
      await append(ticket, 'c');
      await eventually(async () => expect(await applied(ticket)).toEqual(['a', 'b', 'c']));
      release();
      await append(ticket, 'd');
      await eventually(async () => expect(await applied(ticket)).toEqual(['a', 'b', 'c', 'd']));
    });

    it('parks the events of a ticket in order behind one that fails, applies those of other tickets, and redrives the parked ones', async () => {
      await fresh();
      relay();
      let broken: Error | undefined = new TypeError('a bug');
      const c = consumerWith((e) => {
        if (broken && e.data.reason === 'poison') throw broken;
      });
      await join(c);
      const [bad, good] = [newId(), newId()];
      await Promise.all([append(bad, 'a', 'poison', 'b', 'c'), append(good, 'a', 'b', 'c')]);
      await eventually(async () => expect(await applied(good)).toEqual(['a', 'b', 'c']));
      const parked = () =>
        consumer.rows<{ kind: string; seq: number }>('select kind, seq from parked_events where ticket_id = $1::uuid order by id', [bad]);
      await eventually(async () => expect((await parked()).map((p) => `${p.kind} ${p.seq}`)).toEqual(['poison 2', 'behind 3', 'behind 4']));
      expect(await applied(bad)).toEqual(['a']);
      const places = () =>
        consumer.rows('select id, parked_at, kind, seq, tried_by from parked_events where ticket_id = $1::uuid order by id', [bad]);
      const before = await places();
      const attempts = async () =>
        (await consumer.rows<{ attempts: number }>('select attempts from parked_events where ticket_id = $1::uuid order by id', [bad])).map(
          (p) => p.attempts,
        );
      const tries = await attempts();
      expect(await redriveTicket(consumer, c, { org: 'acme', ticketId: bad }, 'ops')).toEqual({ tried: 3, left: 3 });
      expect(await places()).toEqual(before);
      expect(await attempts()).toEqual(tries.map((n) => n + 1));
      broken = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
      await expect(redriveTicket(consumer, c, { org: 'acme', ticketId: bad }, 'ops')).rejects.toThrow();
      expect(await places()).toEqual(before);
      // This is the state that a killed redrive leaves.
      await consumer.run('update parked_events set tried_by = $1 where ticket_id = $2::uuid', [newId(), bad]);
      await append(bad, 'd');
      await eventually(async () =>
        expect((await parked()).map((p) => `${p.kind} ${p.seq}`)).toEqual(['poison 2', 'behind 3', 'behind 4', 'behind 5']),
      );
      expect(await applied(bad)).toEqual(['a']);
      broken = undefined;
      // When two redrives run at once, the first has lost its records to the second and applies none of them.
      const held = await consumer.rows<ParkedRow>(
        'select * from parked_events where ticket_id = $1::uuid and tried_by is not null order by id',
        [bad],
      );
      await c.apply(held.map(messageOf), undefined, { id: newId(), lastParked: held.at(-1)?.id ?? 0 });
      expect(await applied(bad)).toEqual(['a']);
      expect(await redriveTicket(consumer, c, { org: 'acme', ticketId: bad }, 'ops')).toEqual({ tried: 4, left: 0 });
      expect(await applied(bad)).toEqual(['a', 'poison', 'b', 'c', 'd']);
      await append(bad, 'e');
      await eventually(async () => expect(await applied(bad)).toEqual(['a', 'poison', 'b', 'c', 'd', 'e']));
    });

    it('parks a ticket whose pack is missing, retries it by itself, and applies events of other tickets meanwhile', async () => {
      await fresh();
      relay();
      // The topic also holds events of other tests.
      const tooEarly = `early ${newId()}`;
      let early = true;
      const c = consumerWith((e) => {
        if (early && e.data.reason === tooEarly) throw new Unavailable('spec/not-yet');
      });
      await join(c);
      const [waits, good] = [newId(), newId()];
      await Promise.all([append(waits, 'a', tooEarly, 'b'), append(good, 'a', 'b', 'c')]);
      await eventually(async () => expect(await applied(good)).toEqual(['a', 'b', 'c']));
      const parked = () =>
        consumer.rows<{ kind: string; code: string; again: boolean }>(
          'select kind, code, again_at is not null as again from parked_events where ticket_id = $1::uuid order by id',
          [waits],
        );
      await eventually(async () =>
        expect(await parked()).toEqual([
          { kind: 'poison', code: 'spec/not-yet', again: true },
          { kind: 'behind', code: 'messaging/behind', again: false },
        ]),
      );
      await eventually(async () => expect(await redriveDue(consumer, c)).toBe(1));
      expect(await redriveDue(consumer, c)).toBe(0);
      early = false;
      await eventually(async () => expect(await redriveDue(consumer, c)).toBe(1));
      expect(await applied(waits)).toEqual(['a', tooEarly, 'b']);
      expect(await parked()).toEqual([]);
    });

    it('discards a parked record with a reason, and applies the events behind it', async () => {
      await fresh();
      relay();
      const c = consumerWith((e) => {
        if (e.data.reason === 'poison') throw new TypeError('a bug');
      });
      await join(c);
      const ticket = newId();
      await append(ticket, 'poison', 'a', 'b');
      const parked = () => consumer.rows<{ id: number }>('select id from parked_events where ticket_id = $1::uuid order by id', [ticket]);
      await eventually(async () => expect(await parked()).toHaveLength(3));
      await expect(discardParked(consumer, c, (await parked())[1]?.id ?? 0, 'ops', 'not the first')).rejects.toMatchObject({
        code: 'messaging/not-first',
      });
      await expect(discardParked(consumer, c, (await parked())[0]?.id ?? 0, 'ops', ' ')).rejects.toMatchObject({
        code: 'messaging/reason-missing',
      });
      expect(await discardParked(consumer, c, (await parked())[0]?.id ?? 0, 'ops', 'nonsense from a test')).toEqual({ tried: 2, left: 0 });
      expect(await applied(ticket)).toEqual(['a', 'b']);
      const audit = await consumer.rows<{ action: string; reason: string | null }>('select action, reason from parked_audit order by id');
      expect(audit[0]).toEqual({ action: 'discard', reason: 'nonsense from a test' });
    });

    it('keeps later events waiting while one is missing, and has its producer publish it again', async () => {
      await fresh();
      const lossy = new Tampering(bus);
      let lost = 0;
      lossy.drop = (m) => m.headers['ce_sequence'] === '2' && lost++ === 0;
      const r = relay(lossy);
      await join(consumerWith());
      const answering = await bus.subscribe(`bus-suite-${newId()}`, {
        topics: ['gongdan.republish-requests'],
        onBatch: async (messages) => {
          for (const m of messages) await republishStretch(producer, 'intake', JSON.parse(m.value?.toString() ?? ''));
          r.nudge();
        },
        onFatal: () => undefined,
      });
      closing.push(() => answering.stop());
      const ticket = newId();
      await append(ticket, 'a', 'b', 'c', 'd');
      const waiting = () => consumer.rows('select seq from waiting_events where ticket_id = $1::uuid order by seq', [ticket]);
      await eventually(async () => expect(await waiting()).toEqual([{ seq: 3 }, { seq: 4 }]));
      expect(await applied(ticket)).toEqual(['a']);
      await consumer.run(`update gaps set since = since - interval '10 seconds'`);
      expect(await askForGaps(consumer, bus, 'dispatch')).toBe(1);
      await eventually(async () => expect(await applied(ticket)).toEqual(['a', 'b', 'c', 'd']));
      expect(await waiting()).toEqual([]);
      expect(await consumer.rows('select 1 from gaps where ticket_id = $1::uuid', [ticket])).toEqual([]);
    });

    it('finds and heals the end of a stream that never reached the bus', async () => {
      await fresh();
      const r = relay();
      await join(consumerWith());
      const answering = await bus.subscribe(`bus-suite-${newId()}`, {
        topics: ['gongdan.republish-requests'],
        onBatch: async (messages) => {
          for (const m of messages) await republishStretch(producer, 'intake', JSON.parse(m.value?.toString() ?? ''));
          r.nudge();
        },
        onFatal: () => undefined,
      });
      closing.push(() => answering.stop());
      const [whole, lostEnd, lostAll] = [newId(), newId(), newId()];
      await Promise.all([append(whole, 'a', 'b'), append(lostEnd, 'a', 'b')]);
      await eventually(async () => expect([await applied(whole), await applied(lostEnd)]).toEqual([['a', 'b'], ['a', 'b']])); // prettier-ignore
      await r.stop();
      await Promise.all([append(lostEnd, 'c', 'd'), append(lostAll, 'a')]);
      await producer.run('delete from outbox');
      const again = relay();
      const heads = new HeadsPublisher({ database: producer, bus, producer: 'intake', leases: { parts: [0] } });
      await eventually(async () => expect(await heads.publish().then(() => producer.one('select 1 from heads_published where until > (select max(recorded_at) from ticket_event)'))).toBeDefined()); // prettier-ignore
      const gaps = () => consumer.rows<{ ticket_id: string; want_seq: number }>('select ticket_id, want_seq from gaps where ticket_id = any($1::uuid[])', [[whole, lostEnd, lostAll]]); // prettier-ignore
      await eventually(async () => expect(new Map((await gaps()).map((g) => [g.ticket_id, g.want_seq]))).toEqual(new Map([[lostEnd, 4], [lostAll, 1]]))); // prettier-ignore
      const compared = await consumer.rows<{ missing: number }>(
        "select missing from heads_checked where producer = 'intake' and missing > 0",
      );
      expect(compared.reduce((sum, c) => sum + c.missing, 0)).toBeGreaterThanOrEqual(2);
      await consumer.run(`update gaps set since = since - interval '10 seconds'`);
      expect(await askForGaps(consumer, bus, 'dispatch')).toBeGreaterThanOrEqual(2);
      again.nudge();
      await eventually(async () => expect(await applied(lostEnd)).toEqual(['a', 'b', 'c', 'd']));
      await eventually(async () => expect(await applied(lostAll)).toEqual(['a']));
      expect(await gaps()).toEqual([]);
    });

    it('takes no parked or waiting event for a lost one', async () => {
      await fresh();
      relay();
      await join(
        consumerWith((e) => {
          if (e.data.reason === 'poison') throw new TypeError('a bug');
        }),
      );
      const [parkedOne, good] = [newId(), newId()];
      await append(parkedOne, 'poison', 'a');
      await append(good, 'a');
      await eventually(async () =>
        expect(await consumer.rows('select 1 from parked_events where ticket_id = $1::uuid', [parkedOne])).toHaveLength(2),
      );
      await eventually(async () => expect(await producer.rows('select 1 from outbox')).toEqual([]));
      const heads = new HeadsPublisher({ database: producer, bus, producer: 'intake', leases: { parts: [0] } });
      await eventually(async () => {
        await heads.publish();
        expect(await producer.rows('select 1 from heads_published where until > (select max(recorded_at) from ticket_event)')).toHaveLength(
          1,
        );
      });
      await eventually(async () =>
        expect(await consumer.rows("select 1 from heads_checked where producer = 'intake' and until > $1", [AT])).not.toEqual([]),
      );
      await append(good, 'b');
      await eventually(async () => expect(await applied(good)).toEqual(['a', 'b']));
      expect(await consumer.rows('select 1 from gaps where ticket_id = any($1::uuid[])', [[parkedOne, good]])).toEqual([]);
    });

    it('parks unreadable records and ignores events without a handler', async () => {
      await fresh();
      await join(consumerWith());
      const ticket = newId();
      const wire = (
        seq: number,
        more: Record<string, string> = {},
        value: Buffer = Buffer.from(JSON.stringify({ reason: `w${seq}`, withdrawnAt: AT })),
      ) => ({
        key: ticket,
        value,
        headers: {
          ce_id: idOf(ticket, seq),
          ce_source: '/gongdan/intake',
          ce_type: WITHDRAWN.name,
          ce_eventversion: '1',
          ce_subject: ticket,
          ce_org: 'acme',
          ce_sequence: String(seq),
          ce_time: AT,
          ...more,
        },
      });
      const parked = () => consumer.rows<{ kind: string; code: string }>('select kind, code from parked_events order by id');
      await bus.publish(TICKETS.name, [
        { key: 'x', headers: {}, value: Buffer.from([0xff, 0, 1]) },
        wire(1, { ce_type: 'intake.unknown-event' }),
        wire(2),
        wire(3, {}, Buffer.from('{"reason": "trunca')),
        wire(3),
        wire(4, { ce_eventversion: '99' }),
        wire(5),
      ]);
      await eventually(async () => expect(await applied(ticket)).toEqual(['w2', 'w3']));
      await eventually(async () =>
        expect(new Set((await parked()).map((p) => `${p.kind} ${p.code}`))).toEqual(
          new Set([
            'unreadable messaging/no-address',
            'unreadable messaging/not-json',
            'poison messaging/newer-version',
            'behind messaging/behind',
          ]),
        ),
      );
    });

    it('keeps no mark and parks nothing of a producer without any handler here', async () => {
      await fresh();
      relay();
      await join(consumerWith());
      const ticket = newId();
      const strange = (seq: number, value: string) => ({
        key: ticket,
        value: Buffer.from(value),
        headers: {
          ce_id: idOf(ticket, seq),
          ce_source: '/gongdan/sla',
          ce_type: 'sla.clock-started',
          ce_eventversion: '1',
          ce_subject: ticket,
          ce_org: 'acme',
          ce_sequence: String(seq),
          ce_time: AT,
        },
      });
      await bus.publish(TICKETS.name, [strange(1, '{}'), strange(7, '{"trunca')]);
      await append(ticket, 'a', 'b');
      await eventually(async () => expect(await applied(ticket)).toEqual(['a', 'b']));
      expect(await consumer.rows('select producer, last_seq from marks where ticket_id = $1::uuid', [ticket])).toEqual([
        { producer: 'intake', last_seq: 2 },
      ]);
      expect(
        await consumer.rows(
          "select 1 from parked_events where headers ->> 'ce_subject' = $1 union all select 1 from gaps where ticket_id = $1::uuid",
          [ticket],
        ),
      ).toEqual([]);
    });

    it('commits no position of the group before the batch has been taken', async () => {
      const topic = `bus-suite-${newId()}`;
      await bus.ensureTopics([{ name: topic, partitions: 1, compacted: false, meaning: 'one test', retentionMs: 600_000 }]);
      const group = `bus-suite-${newId()}`;
      let release = (): void => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      let handed = 0;
      const subscription = await bus.subscribe(group, {
        topics: [topic],
        onBatch: async (messages) => {
          handed += messages.length;
          await held;
        },
        onFatal: () => undefined,
      });
      closing.push(() => subscription.stop());
      await bus.publish(topic, [{ key: 'k', headers: {}, value: Buffer.from('x') }]);
      await eventually(() => expect(handed).toBeGreaterThan(0));
      // Positions are committed every 250 ms.
      for (const begun = performance.now(); performance.now() < begun + 600;) expect(await bus.committed(group, topic)).toEqual([0]);
      release();
      await eventually(async () => expect((await bus.committed(group, topic))[0]).toBeGreaterThan(0));
    });

    it('returns how many messages a group lags behind', async () => {
      await fresh();
      const group = `bus-suite-${newId()}`;
      await join(consumerWith(), group);
      relay();
      const ticket = newId();
      await append(ticket, 'a');
      await eventually(async () => expect(await applied(ticket)).toEqual(['a']));
      await eventually(async () => expect((await bus.lag(group, [TICKETS.name])).reduce((sum, p) => sum + p.lag, 0)).toBe(0));
    });
  });
}
