import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { intake } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { clockMigration, Database } from '@gongdan/platform';
import { eventually, StatementCounter, type TestDatabase, testDatabase } from '@gongdan/testing';
import { type Bus, type OutgoingMessage } from '../kafka/bus.js';
import { messagingMigrations } from '../migrations.js';
import { Leases, PARTS } from './leases.js';
import { Outbox } from './outbox.js';
import { Relay } from './relay.js';

const AT = '2026-03-02T09:00:00.000Z';

describe('a relay', () => {
  let own: TestDatabase;
  let db: Database;
  const closing: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    own = await testDatabase([clockMigration, ...messagingMigrations], 'relay');
    db = new Database({ url: own.url, poolSize: 6, applicationName: 'spec', migrations: [] });
    await db.connect();
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    await db.close();
    await own.drop();
  });

  /** A bus that only stores what was published, and waits or fails when the test orders it. */
  function recorder() {
    const published: OutgoingMessage[] = [];
    let gate: () => Promise<void> = async () => undefined;
    const bus = {
      publish: async (_topic: string, messages: readonly OutgoingMessage[]) => {
        await gate();
        published.push(...messages);
      },
    } as unknown as Bus;
    return { bus, published, before: (next: () => Promise<void>) => (gate = next) };
  }

  /** A recorder whose publications wait until they are released. */
  function heldRecorder() {
    const { bus, published, before } = recorder();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let sending = false;
    before(async () => {
      sending = true;
      await held;
    });
    return { bus, published, sending: () => sending, release };
  }

  function relay(bus: Bus, batch?: number): Relay {
    const r = new Relay({ database: db, bus, producer: 'intake', ...(batch === undefined ? {} : { batch }) });
    closing.push(() => r.stop());
    return r;
  }

  async function append(tickets: readonly string[]): Promise<void> {
    await db.transaction((tx) =>
      new Outbox().append(
        tx,
        tickets.map((ticketId) =>
          intake.TicketWithdrawn.of({ org: 'acme', ticketId, occurredAt: AT, data: { reason: 'x', withdrawnAt: AT } }),
        ),
        { correlationId: 'spec', actor: { id: 'tester' } },
      ),
    );
  }
  const partOf = async (ticketId: string): Promise<number | undefined> =>
    (await db.one<{ part: number }>('select hashtext($1) & 63 as part', [ticketId]))?.part;
  const tickets = (n: number): string[] => Array.from({ length: n }, () => newId());
  const waiting = async (): Promise<number> => (await db.rows('select id from outbox')).length;

  it('shares the partitions of the outbox with another relay, so that each partition belongs to exactly one', async () => {
    const [a, b] = [new Leases(db, newId()), new Leases(db, newId())];
    await a.tick();
    expect(a.parts).toHaveLength(PARTS);
    for (let round = 0; round < 3; round++) for (const leases of [a, b]) await leases.tick();
    expect(a.parts).toHaveLength(PARTS / 2);
    expect([...a.parts, ...b.parts].sort((x, y) => x - y)).toEqual(Array.from({ length: PARTS }, (_, part) => part));
  });

  it('loses the partitions whose lease another relay took, and gets its share back', async () => {
    const [stopped, other] = [new Leases(db, newId()), new Leases(db, newId())];
    await stopped.tick();
    await db.run(`update outbox_leases set until = '-infinity'`);
    await db.run('delete from relay_members');
    await other.tick();
    expect(other.parts).toHaveLength(PARTS);
    await stopped.tick();
    expect(stopped.parts).toEqual([]);
    for (let round = 0; round < 3; round++) for (const leases of [other, stopped]) await leases.tick();
    expect(stopped.parts).toHaveLength(PARTS / 2);
  });

  it('publishes each event once while another relay shares the outbox', async () => {
    const { bus, published } = recorder();
    const relays = [relay(bus), relay(bus)];
    for (const r of relays) r.start();
    await eventually(() => expect(relays.map((r) => r.leases.parts.length)).toEqual([PARTS / 2, PARTS / 2]));
    const all = tickets(200);
    for (let at = 0; at < all.length; at += 20) {
      await append(all.slice(at, at + 20));
      for (const r of relays) r.nudge();
    }
    await eventually(async () => expect(await waiting()).toBe(0));
    expect(published.map((m) => m.key).sort()).toEqual([...all].sort());
  });

  it('keeps an event in the outbox until the bus has acknowledged it', async () => {
    const { bus, published, before } = recorder();
    let tries = 0;
    const waitingAtTry: number[] = [];
    before(async () => {
      tries += 1;
      waitingAtTry.push(Number(await waiting()));
      if (tries < 3) throw new Error('the broker is away');
    });
    relay(bus).start();
    await append(tickets(1));
    await eventually(() => expect(published).toHaveLength(1));
    await eventually(async () => expect(await waiting()).toBe(0));
    expect(waitingAtTry).toEqual([1, 1, 1]);
  });

  it('deletes what it has the acknowledgement for although its lease was taken meanwhile, and nothing else', async () => {
    const { bus, published, sending, release } = heldRecorder();
    const zombie = relay(bus);
    const [first, later] = [newId(), newId()];
    await append([first]);
    const begun = performance.now();
    zombie.start();
    await eventually(() => expect(sending()).toBe(true));
    await db.run(`update outbox_leases set owner = $1, until = clock_timestamp() + interval '1 hour', epoch = epoch + 1`, [newId()]);
    await append([later]);
    // A lease is taken 10 s after its last renewal: by then the owner renews before it reads again.
    await eventually(() => expect(performance.now() - begun).toBeGreaterThan(2_000));
    release();
    await eventually(async () => expect(await waiting()).toBe(1));
    await zombie.stop();
    expect(published.map((m) => m.key)).toEqual([first]);
    expect(await db.rows('select ticket_id from outbox')).toEqual([{ ticket_id: later }]);
  });

  it('publishes the backlog of a partition that it takes over in order, although it has long passed the ids of that backlog', async () => {
    const { bus, published } = recorder();
    const ticket = newId();
    let elsewhere = newId();
    while ((await partOf(elsewhere)) === (await partOf(ticket))) elsewhere = newId();
    let aheadMs = 0;
    const real = performance.now.bind(performance);
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => real() + aheadMs);
    closing.push(async () => clock.mockRestore());
    // A relay that cannot reach the broker keeps its leases and sends nothing.
    await db.run(
      `update outbox_leases set owner = $1, until = case when part = hashtext($2) & 63 then clock_timestamp() + interval '1 hour' else until end`,
      [newId(), ticket],
    );
    await append([ticket]);
    const r = relay(bus);
    r.start();
    // The events of the other ticket lie in a partition of this relay; after two minutes it reads no ids below them.
    for (let n = 1; n <= 3; n++) {
      await append([elsewhere]);
      r.nudge();
      await eventually(() => expect(published).toHaveLength(n));
      aheadMs += n < 3 ? 121_000 : 0;
    }
    await append([ticket]);
    await db.run(`update outbox_leases set until = '-infinity' where part = hashtext($1) & 63`, [ticket]);
    const sequences = (): unknown[] => published.filter((m) => m.key === ticket).map((m) => m.headers['ce_sequence']);
    await eventually(() => expect(sequences()).not.toEqual([]));
    expect(sequences()).toEqual(['1', '2']);
  });

  it('spends two statements on a lone event, and none while nothing happens until its lease is renewed', async () => {
    const { bus, published } = recorder();
    const r = relay(bus);
    const counter = new StatementCounter(db);
    let begun = 0;
    const spent = counter.during(async () => {
      r.start();
      // The first turn takes the leases and polls once.
      await eventually(() => expect(r.leases.alone).toBe(true));
      await eventually(() => expect(counter.total).toBe(2));
      begun = performance.now();
    });
    await spent;
    await append(tickets(1));
    r.nudge();
    await eventually(() => expect(published).toHaveLength(1));
    await eventually(async () => expect(await waiting()).toBe(0));
    // On a machine that stalls the lease is renewed meanwhile, which reads once more.
    const renewals = Math.floor((performance.now() - begun) / 1_900);
    expect(counter.total).toBeGreaterThanOrEqual(2 + 2);
    expect(counter.total).toBeLessThanOrEqual(2 + 2 + 2 * renewals);
  });

  it('spends one statement on each event of a trickle, and deletes the last one later, without another event', async () => {
    const { bus, published } = recorder();
    const r = relay(bus);
    const counter = new StatementCounter(db);
    const real = performance.now.bind(performance);
    let stoppedAt: number | undefined;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => stoppedAt ?? real());
    closing.push(async () => clock.mockRestore());
    await counter.during(async () => {
      r.start();
      await eventually(() => expect(r.leases.alone).toBe(true));
      await eventually(() => expect(counter.total).toBe(2));
    });
    // Time stands still, so that a slow machine does not make the pauses longer than 250 ms.
    stoppedAt = real();
    for (let n = 1; n <= 10; n++) {
      await append(tickets(1));
      r.nudge();
      await eventually(() => expect(published).toHaveLength(n));
    }
    expect(counter.total).toBe(2 + 10);
    expect(await waiting()).toBe(1);
    stoppedAt = undefined;
    await eventually(async () => expect(await waiting()).toBe(0));
    expect(counter.total).toBe(2 + 10 + 1);
  });

  /** The deletion of acknowledged rows may then wait for the next event for ever. */
  function stopMonotonicClock(): void {
    const stoppedAt = performance.now();
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => stoppedAt);
    closing.push(async () => clock.mockRestore());
  }

  it('publishes an event that another replica commits while acknowledged rows wait to be deleted', async () => {
    const { bus, published } = recorder();
    stopMonotonicClock();
    await db.run('insert into relay_members (owner, seen_at) values ($1, clock_timestamp())', [newId()]);
    const r = relay(bus);
    r.start();
    await eventually(() => expect(r.leases.parts).toHaveLength(PARTS / 2));
    const own: string[] = [];
    while (own.length < 2) {
      const ticket = newId();
      if (r.leases.parts.includes((await partOf(ticket)) ?? -1)) own.push(ticket);
    }
    for (const [n, ticket] of own.entries()) {
      // The commits of another replica do not wake this relay.
      await append([ticket]);
      await eventually(() => expect(published).toHaveLength(n + 1));
    }
    expect(published.map((m) => m.key)).toEqual(own);
  });

  it('publishes an event that was committed while it was publishing another, although acknowledged rows wait to be deleted', async () => {
    const { bus, published, sending, release } = heldRecorder();
    stopMonotonicClock();
    const r = relay(bus);
    await append(tickets(1));
    r.start();
    await eventually(() => expect(sending()).toBe(true));
    await append(tickets(1));
    r.nudge();
    release();
    await eventually(() => expect(published).toHaveLength(2));
  });

  it('publishes a backlog of several small batches at once, although acknowledged rows wait to be deleted', async () => {
    const { bus, published } = recorder();
    stopMonotonicClock();
    const backlog = tickets(5);
    await append(backlog);
    relay(bus, 2).start();
    await eventually(() => expect(published.map((m) => m.key).sort()).toEqual([...backlog].sort()));
  });
});
