import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type EventEnvelope, type EventOf, intake, notify, TICKETS, toWire } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { clockMigration, Database, migration } from '@gongdan/platform';
import { eventually, StatementCounter, type TestDatabase, testDatabase } from '@gongdan/testing';
import { type BusMessage } from '../kafka/bus.js';
import { messagingMigrations } from '../migrations.js';
import { Consumer, type ConsumerOptions, type Outcomes } from './consumer.js';
import { type EventHandler } from './event-handler.js';

const WITHDRAWN = intake.TicketWithdrawn;
type Withdrawn = EventOf<typeof WITHDRAWN>;
const AT = '2026-03-02T09:00:00.000Z';

describe('a consumer', () => {
  let own: TestDatabase;
  let db: Database;
  beforeAll(async () => {
    own = await testDatabase(
      [
        clockMigration,
        ...messagingMigrations,
        migration(
          100,
          'Applied',
          'create table applied (n bigint generated always as identity, ticket_id uuid, seq bigint, event_id uuid)',
        ),
      ],
      'consumer',
    );
    db = new Database({ url: own.url, poolSize: 6, applicationName: 'spec', migrations: [] });
    await db.connect();
  });
  afterAll(async () => {
    await db.close();
    await own.drop();
  });

  function consumer(
    before: (e: Withdrawn) => Promise<void> = async () => undefined,
    more: Partial<ConsumerOptions> = {},
  ): { c: Consumer; outcomes: Partial<Outcomes>[] } {
    const outcomes: Partial<Outcomes>[] = [];
    const handler: EventHandler = {
      event: WITHDRAWN,
      batch: true,
      method: 'spec',
      call: async (events, { tx }) => {
        const list = events as EventEnvelope[] as Withdrawn[];
        for (const e of list) await before(e);
        await tx.run('insert into applied (ticket_id, seq, event_id) select * from unnest($1::uuid[], $2::bigint[], $3::uuid[])', [
          list.map((e) => e.ticketId),
          list.map((e) => e.seq),
          list.map((e) => e.id),
        ]);
      },
    };
    const c = new Consumer({
      database: db,
      self: 'dispatch',
      handlers: new Map([[WITHDRAWN.name, handler]]),
      onOutcomes: (o) => outcomes.push(Object.fromEntries(Object.entries(o).filter(([, n]) => n > 0))),
      ...more,
    });
    return { c, outcomes };
  }

  let position = 0;
  const message = (ticketId: string, seq: number, name: string = WITHDRAWN.name): BusMessage => ({
    ...toWire(
      {
        id: newId(),
        name,
        version: 1,
        producer: 'intake',
        org: 'acme',
        ticketId,
        seq,
        occurredAt: AT,
        correlationId: 'spec',
        actor: { id: 'tester' },
      },
      JSON.stringify({ reason: 'x', withdrawnAt: AT }),
    ),
    topic: TICKETS.name,
    partition: 0,
    position: String(position++),
  });
  const messages = (ticketId: string, ...seqs: number[]): BusMessage[] => seqs.map((seq) => message(ticketId, seq));
  const applied = async (ticketId: string): Promise<number[]> =>
    (await db.rows<{ seq: number }>('select seq from applied where ticket_id = $1::uuid order by n', [ticketId])).map((r) => r.seq);

  /** A handler that waits in its transaction until the test lets it continue. */
  function gate(): { enter: () => Promise<void>; entered: () => number; open: () => void } {
    let open = (): void => undefined;
    let entered = 0;
    const opened = new Promise<void>((resolve) => (open = resolve));
    return {
      enter: () => {
        entered += 1;
        return opened;
      },
      entered: () => entered,
      open: () => open(),
    };
  }

  it.each([
    ['continues at the mark', [3]],
    ['begins with an event that was applied already', [2, 3]],
  ])('applies an event once when a second consumer holds the same batch at the same time, and the batch %s', async (_, seqs) => {
    const ticket = newId();
    const batch = messages(ticket, ...seqs);
    const [first, second] = [batch[0] as BusMessage, batch.at(-1) as BusMessage];
    await consumer().c.apply([message(ticket, 1), seqs.length > 1 ? first : message(ticket, 2)]);
    const slow = gate();
    const working = consumer(slow.enter).c.apply(batch);
    await eventually(() => expect(slow.entered()).toBe(1));
    const zombie = consumer();
    const other = zombie.c.apply([...batch.slice(0, -1), second]);
    // It waits for the lock of the mark.
    await eventually(async () =>
      expect(await db.rows("select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()")).toHaveLength(
        1,
      ),
    );
    slow.open();
    await Promise.all([working, other]);
    expect(await applied(ticket)).toEqual([1, 2, 3]);
    expect(zombie.outcomes).toEqual([{ duplicate: seqs.length }]);
  });

  it.each([
    ['continues at the mark', [2]],
    ['holds an event twice', [2, 2]],
  ])('moves the mark in the transaction of the handler when the batch %s', async (_, seqs) => {
    const ticket = newId();
    await consumer().c.apply(messages(ticket, 1));
    const event = message(ticket, 2);
    await consumer().c.apply(seqs.map(() => event));
    const one = await db.rows<{ same: boolean }>(
      'select a.xmin::text = m.xmin::text as same from applied a join marks m using (ticket_id) where ticket_id = $1::uuid and a.seq = 2',
      [ticket],
    );
    expect(one).toEqual([{ same: true }]);
  });

  it('moves no mark when the handler fails', async () => {
    const ticket = newId();
    await consumer().c.apply(messages(ticket, 1));
    const failing = consumer(async () => {
      throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    });
    await expect(failing.c.apply(messages(ticket, 2))).rejects.toThrow();
    expect(await db.rows('select last_seq from marks where ticket_id = $1::uuid', [ticket])).toEqual([{ last_seq: 1 }]);
    expect(await applied(ticket)).toEqual([1]);
  });

  it('spends four statements on a batch with a handler of one statement, however many events and streams it holds', async () => {
    const spent = (batch: BusMessage[]) => new StatementCounter(db).during(() => consumer().c.apply(batch));
    const [one, two] = [newId(), newId()];
    // BEGIN, marks, handler, COMMIT.
    expect(await spent(messages(one, 1))).toBe(4);
    expect(await spent([...messages(one, 2, 3), ...messages(two, 1)])).toBe(4);
    expect(await applied(one)).toEqual([1, 2, 3]);
  });

  it('spends one statement on a batch without a handler, and keeps the stream contiguous', async () => {
    const [one, two] = [newId(), newId()];
    const { c, outcomes } = consumer();
    const unknown = [message(one, 1, 'intake.ticket-other'), message(two, 1, 'intake.ticket-other')];
    expect(await new StatementCounter(db).during(() => c.apply(unknown))).toBe(1);
    await c.apply(messages(one, 2));
    expect(await applied(one)).toEqual([2]);
    expect(outcomes).toEqual([{ ignored: 2 }, { applied: 1 }]);
  });

  it('spends no statement on events of producers that it handles nothing of, or of its own', async () => {
    const of = (producer: string): BusMessage => {
      const m = message(newId(), 1);
      return { ...m, headers: { ...m.headers, ce_source: `/gongdan/${producer}`, ce_type: `${producer}.something-happened` } };
    };
    expect(await new StatementCounter(db).during(() => consumer().c.apply([of('sla'), of('dispatch')]))).toBe(0);
  });

  it('remembers the ids of the last eight events of a stream, whichever way they were applied', async () => {
    const ticket = newId();
    const all = messages(ticket, ...Array.from({ length: 12 }, (_, i) => i + 1));
    await consumer().c.apply(all.slice(0, 3));
    await consumer().c.apply([...all.slice(0, 4)]);
    await consumer().c.apply(all.slice(4, 12));
    const conflicting = consumer();
    await conflicting.c.apply(messages(ticket, 5));
    await conflicting.c.apply([all[4] as BusMessage, all[11] as BusMessage]);
    expect(conflicting.outcomes).toEqual([{ parked: 1, conflicting: 1 }, { duplicate: 2 }]);
  });

  const parkedOf = async (ticketId: string): Promise<string[]> =>
    (
      await db.rows<{ producer: string; seq: number; kind: string }>(
        'select producer, seq, kind from parked_events where ticket_id = $1::uuid order by id',
        [ticketId],
      )
    ).map((p) => `${p.producer} ${p.seq} ${p.kind}`);
  const invalid = (ticketId: string, seq: number): BusMessage => ({ ...message(ticketId, seq), value: Buffer.from('{"reason":7}') });

  it('parks an invalid event, and applies the events of other tickets that follow it in the batch', async () => {
    const [bad, good] = [newId(), newId()];
    await consumer().c.apply([invalid(bad, 1), ...messages(good, 1)]);
    expect(await parkedOf(bad)).toEqual(['intake 1 poison']);
    expect(await applied(good)).toEqual([1]);
  });

  it('parks the events of every producer about a ticket behind its parked event', async () => {
    const ticket = newId();
    const sent: string[] = [];
    const c = new Consumer({
      database: db,
      self: 'dispatch',
      handlers: new Map(
        [WITHDRAWN, notify.MessageSent].map((event) => [
          event.name,
          {
            event,
            batch: false,
            method: event.name,
            call: async (e: unknown) => void sent.push((e as EventEnvelope).name),
          } as EventHandler,
        ]),
      ),
    });
    const data = { message: newId(), channel: 'email', template: 'receipt', recipient: 'reporter', about: newId(), attempt: 1, sentAt: AT };
    const ofNotify = message(ticket, 1, notify.MessageSent.name);
    await c.apply([invalid(ticket, 1)]);
    await c.apply([
      { ...ofNotify, headers: { ...ofNotify.headers, ce_source: '/gongdan/notify' }, value: Buffer.from(JSON.stringify(data)) },
    ]);
    expect(await parkedOf(ticket)).toEqual(['intake 1 poison', 'notify 1 behind']);
    expect(sent).toEqual([]);
  });

  it('applies the events that waited for a missing one together with it, in order', async () => {
    const ticket = newId();
    const { c } = consumer();
    for (const batch of [messages(ticket, 1), messages(ticket, 3, 4), messages(ticket, 2)]) await c.apply(batch);
    expect(await applied(ticket)).toEqual([1, 2, 3, 4]);
  });

  describe('of a service that stores all events', () => {
    const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);
    const storing = () =>
      consumer(undefined, {
        storedEventIds: async (queries, events) => {
          const rows = await queries.rows<{ event_id: string | null }>(
            `select (select event_id from applied a where a.ticket_id = e.ticket_id and a.seq = e.seq) as event_id
             from unnest($1::uuid[], $2::bigint[]) with ordinality as e (ticket_id, seq, n) order by e.n`,
            [events.map((e) => e.ticketId), events.map((e) => e.seq)],
          );
          return rows.map((r) => r.event_id ?? undefined);
        },
      });

    it('compares all repetitions of a batch with the stored events in one statement', async () => {
      const { c, outcomes } = storing();
      const all = [newId(), newId()].map((ticket) => messages(ticket, ...range(1, 20)));
      for (const stream of all) await c.apply(stream);
      const spent = (batch: BusMessage[]) => new StatementCounter(db).during(() => c.apply(batch));
      const [one = []] = all;
      const recent = await spent(one.slice(-8));
      expect(await spent(one.slice(0, 1))).toBe(recent + 1);
      expect(await spent(all.flat())).toBe(recent + 1);
      expect(outcomes.slice(2)).toEqual([{ duplicate: 8 }, { duplicate: 1 }, { duplicate: 40 }]);
    });

    it('parks another event with an old number, and takes the genuine ones beside it for duplicates', async () => {
      const { c, outcomes } = storing();
      const ticket = newId();
      const all = messages(ticket, ...range(1, 20));
      await c.apply(all);
      await c.apply([...all.slice(0, 4), message(ticket, 3), ...messages(ticket, 21)]);
      expect(outcomes.slice(1)).toEqual([{ applied: 1, duplicate: 4, parked: 1, conflicting: 1 }]);
    });
  });

  it('parks another event whose number was recent before its batch, although the events of the batch push it out', async () => {
    const { c, outcomes } = consumer();
    const ticket = newId();
    await c.apply(messages(ticket, 1, 2, 3));
    await c.apply(messages(ticket, 4, 5, 6, 7, 8, 9, 10, 11, 12, 3));
    expect(outcomes.slice(1)).toEqual([{ applied: 9, parked: 1, conflicting: 1 }]);
  });
});
