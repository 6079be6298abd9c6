import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { intake, type Producer, TICKETS, TOPICS, WATERMARKS } from '@gongdan/contracts';
import { type Instant, ms, newId } from '@gongdan/kernel';
import { clockMigration, Database } from '@gongdan/platform';
import { eventually, type TestDatabase, testDatabase } from '@gongdan/testing';
import { classifyError } from '../inbox/outcomes.js';
import { type AppliedPartition, Watermarks } from '../inbox/watermarks.js';
import { messagingMigrations } from '../migrations.js';
import { BusHandle } from '../operations/bus-link.js';
import { republishStretch } from '../operations/republish.js';
import { HeadsPublisher } from '../outbox/heads-publisher.js';
import { Outbox } from '../outbox/outbox.js';
import { Relay } from '../outbox/relay.js';
import { tracksTransactions } from '../outbox/transaction-tracking.js';
import { WatermarkPublisher } from '../outbox/watermark-publisher.js';
import { type Bus, type Listener, type Subscription } from './bus.js';

const WITHDRAWN = intake.TicketWithdrawn;
const CAUSE = { correlationId: 'watermark-suite', actor: { id: 'tester' } };
const AT = '2026-03-02T09:00:00.000Z';

/** Tests over each bus that watermarks are never ahead of what was published and applied. */
export function watermarkSuite(name: string, makeBus: () => Promise<Bus>): void {
  describe(`watermarks over ${name}`, () => {
    let bus: Bus;
    let database: TestDatabase;
    let db: Database;
    let producer: Producer;
    const closing: (() => Promise<void>)[] = [];

    beforeAll(async () => {
      bus = await makeBus();
      await bus.ensureTopics(TOPICS);
      database = await testDatabase([clockMigration, ...messagingMigrations], 'watermark');
      db = new Database({ url: database.url, poolSize: 4, applicationName: 'watermark-suite', migrations: [] });
      await db.connect();
    });
    afterAll(async () => {
      await db.close();
      await database.drop();
      await bus.close();
    });
    afterEach(async () => {
      for (const close of closing.splice(0).reverse()) await close();
      await db.run('delete from outbox');
      await db.run('update clock_offset set offset_ms = 0');
    });

    /** A publisher of a name that no other test uses: the topic is shared. */
    function publisher(): WatermarkPublisher {
      producer = `watermark-suite-${newId()}` as Producer;
      return new WatermarkPublisher({ database: db, bus, producer, leases: { parts: [0] } });
    }

    function relay(): Relay {
      const r = new Relay({ database: db, bus, producer: 'intake' });
      r.start();
      closing.push(() => r.stop());
      return r;
    }

    const draft = (ticketId: string) => WITHDRAWN.of({ org: 'acme', ticketId, occurredAt: AT, data: { reason: 'x', withdrawnAt: AT } });
    const append = (ticketId: string) => db.transaction((tx) => new Outbox().append(tx, [draft(ticketId)], CAUSE));
    const now = async (): Promise<Instant> => (await db.one<{ now: Instant }>('select gongdan_now() as now'))?.now ?? '';
    /** Longer than the margin by which a watermark stays behind. */
    const forAWhile = async (check: () => Promise<void>): Promise<void> => {
      for (const begun = performance.now(); performance.now() < begun + 500;) await check();
    };
    const untilEmpty = () => eventually(async () => expect(await db.rows('select id from outbox')).toEqual([]));

    /** Publishes and returns what arrives; a tail begins at the end of its topic, some time after it joined. */
    async function readBack(untils: number[] = []): Promise<(p: WatermarkPublisher) => Promise<number>> {
      const subscription = await bus.tail(`watermark-suite-${newId()}`, WATERMARKS.name, (messages) => {
        for (const m of messages)
          if (m.key === producer) untils.push(ms((JSON.parse(m.value?.toString() ?? '') as { until: Instant }).until));
      });
      closing.push(() => subscription.stop());
      return async (p) => {
        // What was published before may still be on its way.
        const known = untils.length;
        await eventually(async () => {
          await p.publish();
          expect(untils.length).toBeGreaterThan(known + 1);
        });
        return untils.at(-1) ?? NaN;
      };
    }

    function consumer(self: string): { watermarks: Watermarks; join: (onBatch?: Listener['onBatch']) => Promise<Subscription> } {
      const link = new BusHandle();
      link.connect({ bus, server: { self } as never, relay: undefined as never });
      const join = async (onBatch: Listener['onBatch'] = async () => undefined): Promise<Subscription> => {
        const subscription = await bus.subscribe(`gongdan-${self}`, { topics: [TICKETS.name], onBatch, onFatal: () => undefined });
        closing.push(() => subscription.stop());
        return subscription;
      };
      return { watermarks: new Watermarks(link), join };
    }

    it('watermarks cannot place a ticket before the topics are known, and an event that needs the place is retried by the service', async () => {
      const fresh = await makeBus();
      closing.push(() => fresh.close());
      let error: unknown;
      try {
        fresh.partitionOf(TICKETS.name, newId());
      } catch (thrown) {
        error = thrown;
      }
      expect(classifyError(error)).toMatchObject({ action: 'defer', code: 'messaging/partitions-unknown' });
    });

    it('states no instant later than the start of an open transaction, the oldest unsent event, or now', async () => {
      const p = publisher();
      const stated = await readBack();
      let commit = (): void => undefined;
      let appended = false;
      const open = db.transaction(async (tx) => {
        await new Outbox().append(tx, [draft(newId())], CAUSE);
        appended = true;
        await new Promise<void>((resolve) => (commit = resolve));
      });
      await eventually(() => expect(appended).toBe(true));
      const begun = ms(await now());
      await forAWhile(async () => expect(await stated(p)).toBeLessThan(begun));
      commit();
      await open;
      await forAWhile(async () => expect(await stated(p)).toBeLessThan(begun));
      relay();
      await untilEmpty();
      await eventually(async () => expect(await stated(p)).toBeGreaterThan(begun));
      expect(await stated(p)).toBeLessThan(ms(await now()));
    });

    it('states no instant later than the start of the transaction of an unsent event, which may have waited before it appended', async () => {
      const p = publisher();
      const stated = await readBack();
      let begun = NaN;
      await db.transaction(async (tx) => {
        begun = ms((await tx.one<{ now: Instant }>('select gongdan_now() as now'))?.now ?? '');
        await forAWhile(() => tx.run('select pg_sleep(0.1)').then(() => undefined));
        // Transactions that begin later and end earlier have the first pointers.
        for (let n = 0; n < 60; n++) await append(newId());
        await new Outbox().append(tx, [draft(newId())], CAUSE);
      });
      expect(await stated(p)).toBeLessThan(begun);
    });

    it('publishes no watermark and no heads while Postgres does not track the transactions of a session of the producer', async () => {
      await append(newId());
      const blind = new Database({ url: database.url, poolSize: 1, applicationName: 'watermark-suite', migrations: [] });
      const heads = (over: Database) => new HeadsPublisher({ database: over, bus, producer: 'intake', leases: { parts: [0] } });
      const until = () => db.one('select until from heads_published');
      try {
        await blind.connect();
        await blind.run('set track_activities = off');
        const before = await until();
        for (const p of [
          new WatermarkPublisher({ database: blind, bus, producer: 'intake', leases: { parts: [0] } }),
          heads(blind),
          // Its own session is older than the setting.
          publisher(),
          heads(db),
        ])
          await expect(p.publish()).rejects.toThrow(/track_activities is off/);
        expect(await until()).toEqual(before);
      } finally {
        await blind.close();
      }
      await eventually(async () => expect(await tracksTransactions(db)).toBe(true));
    });

    it('continues while old events are published again', async () => {
      const p = publisher();
      const stated = await readBack();
      const ticket = newId();
      await append(ticket);
      await db.run('delete from outbox');
      await db.transaction(async (tx) => {
        // Switches off the trigger that keeps history insert-only.
        await tx.run('set local session_replication_role = replica');
        await tx.run(`update ticket_event set recorded_at = '2020-01-01T00:00:00Z' where ticket_id = $1::uuid`, [ticket]);
      });
      const before = await now();
      await republishStretch(db, 'intake', { producer: 'intake', org: 'acme', ticketId: ticket, fromSeq: 1, toSeq: 1 });
      expect(await stated(p)).toBeGreaterThan(ms(before) - 1_000);
    });

    it('states instants of the clock that events carry, and none of the time that a shift skips', async () => {
      const p = publisher();
      const untils: number[] = [];
      const stated = await readBack(untils);
      await stated(p);
      const [day, shiftedAt] = [86_400_000, ms(await now())];
      await db.run('update clock_offset set offset_ms = $1', [day]);
      await eventually(async () => expect(await stated(p)).toBeGreaterThan(shiftedAt + day));
      expect(untils.filter((until) => until > shiftedAt + 1_000 && until < shiftedAt + day)).toEqual([]);
    });

    it('reaches a service once everything before it has been applied, and not while a batch waits', async () => {
      const p = publisher();
      const { watermarks, join } = consumer(`watermark-suite-${newId()}`);
      relay();
      let blocked = true;
      const ticket = newId();
      const partition = watermarks.partitionOf(ticket);
      await join(async (messages) => {
        if (blocked && messages.some((m) => m.key === ticket)) throw new Error('the database is away');
      });
      const current = async (): Promise<AppliedPartition | undefined> => {
        await p.publish();
        return (await watermarks.appliedPartitions([producer])).find((p) => p.partition === partition);
      };
      await eventually(async () => expect((await current())?.until).toEqual(expect.any(String)));
      await append(ticket);
      await untilEmpty();
      const recorded = await now();
      await forAWhile(async () => expect(ms((await current())?.until ?? AT)).toBeLessThan(ms(recorded)));
      expect(ms((await watermarks.appliedUntil(ticket, [producer])) ?? AT)).toBeLessThan(ms(recorded));
      blocked = false;
      await eventually(async () => expect(ms((await current())?.until ?? AT)).toBeGreaterThan(ms(recorded)));
      await eventually(async () => expect((await current())?.readToEndForMs).toBeGreaterThan(0));
      expect(await watermarks.appliedPartitions([producer, 'nobody' as Producer])).toContainEqual(
        expect.objectContaining({ partition, until: null }),
      );
    });

    it('reaches every replica, whichever applied the events, and after a restart', async () => {
      const p = publisher();
      const self = `watermark-suite-${newId()}`;
      const [working, idle] = [consumer(self), consumer(self)];
      relay();
      const subscription = await working.join();
      const untilApplied = async (watermarks: Watermarks, after: Instant): Promise<void> => {
        await eventually(async () => {
          await p.publish();
          const partitions = await watermarks.appliedPartitions([producer]);
          expect(partitions.length).toBeGreaterThan(0);
          for (const { until } of partitions) expect(ms(until ?? AT)).toBeGreaterThan(ms(after));
        });
      };
      const restarted = consumer(self);
      await restarted.watermarks.appliedPartitions([producer]);
      await append(newId());
      await untilEmpty();
      const recorded = await now();
      await untilApplied(idle.watermarks, recorded);
      await untilApplied(restarted.watermarks, recorded);
      await subscription.stop();
      for (const { until } of await restarted.watermarks.appliedPartitions([producer]))
        expect(ms(until ?? AT)).toBeGreaterThan(ms(recorded));
      const ticket = newId();
      await append(ticket);
      await untilEmpty();
      const appendedAt = await now();
      await forAWhile(async () => {
        await p.publish();
        expect(ms((await restarted.watermarks.appliedUntil(ticket, [producer])) ?? AT)).toBeLessThan(ms(appendedAt));
      });
      await restarted.join();
      await untilApplied(idle.watermarks, appendedAt);
    });
  });
}
