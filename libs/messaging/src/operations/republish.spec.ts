import { Module } from '@nestjs/common';
import { intake } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { Database, serviceConfig } from '@gongdan/platform';
import { eventually, type TestDatabase, testDatabase } from '@gongdan/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { messagingMigrations } from '../migrations.js';
import { Outbox } from '../outbox/outbox.js';
import { countRange, republishRange } from './republish.js';
import { TestService } from '../testing.js';

@Module({})
class NothingModule {}

interface Pointer {
  org: string;
  ticket_id: string;
  seq: number;
}

const AT = '2026-03-02T09:00:00.000Z';
const CAUSE = { correlationId: 'spec', actor: { id: 'tester' } };

describe('republish', () => {
  let own: TestDatabase;
  let db: Database;
  beforeEach(async () => {
    own = await testDatabase(messagingMigrations, 'republish');
    db = new Database({ url: own.url, poolSize: 4, applicationName: 'spec', migrations: [] });
    await db.connect();
  });
  afterEach(async () => {
    await db.close();
    await own.drop();
  });

  /** Records that many events for each of as many tickets of an organisation, and empties the outbox. */
  async function history(org: string, lengths: number[]): Promise<string[]> {
    const tickets = lengths.map(() => newId());
    await db.transaction(async (tx) => {
      for (const [i, ticketId] of tickets.entries()) {
        const drafts = Array.from({ length: lengths[i] ?? 0 }, () =>
          intake.TicketWithdrawn.of({ org, ticketId, occurredAt: AT, data: { reason: 'x', withdrawnAt: AT } }),
        );
        await new Outbox().append(tx, drafts, CAUSE);
      }
    });
    await db.run('delete from outbox');
    return tickets;
  }
  const outbox = () => db.rows<Pointer>('select org, ticket_id, seq from outbox order by id');
  const seqsOf = (rows: Pointer[], ticket: string | undefined) => rows.filter((r) => r.ticket_id === ticket).map((r) => r.seq);

  it('publishes whole tickets in order, chunk by chunk', async () => {
    const tickets = await history('acme', [3, 1, 4, 1, 5]);
    await history('other', [2]);
    const chunks: number[] = [];
    expect(await countRange(db, { org: 'acme' })).toBe(14);
    expect(await republishRange(db, { org: 'acme' }, { onChunk: () => chunks.push(1), tickets: 2 })).toBe(14);
    expect(chunks).toHaveLength(3);
    const rows = await outbox();
    expect(rows).toHaveLength(14);
    for (const [i, n] of [3, 1, 4, 1, 5].entries()) expect(seqsOf(rows, tickets[i])).toEqual(Array.from({ length: n }, (_, s) => s + 1));
  });

  it('takes one ticket, or all events of the tickets with an event recorded in the range', async () => {
    const [, second] = await history('acme', [2, 3, 2]);
    expect(await republishRange(db, { ticketId: second })).toBe(3);
    await db.run('delete from outbox');
    await db.transaction(async (tx) => {
      // Switches off the trigger that keeps history insert-only.
      await tx.run('set local session_replication_role = replica');
      await tx.run(`update ticket_event set recorded_at = '2020-01-01T12:00:00Z' where ticket_id = $1::uuid and seq = 2`, [second]);
    });
    const range = { from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z' };
    expect(await countRange(db, range)).toBe(3);
    expect(await republishRange(db, range)).toBe(3);
    expect(seqsOf(await outbox(), second)).toEqual([1, 2, 3]);
  });

  it('waits while the outbox is full, so that live events do not wait behind the whole history', async () => {
    await history('acme', [2, 2, 2, 2]);
    const working = republishRange(db, {}, { tickets: 1, full: 3 });
    await eventually(async () => expect(await outbox()).toHaveLength(4));
    // It polls the outbox and finds no room.
    const polls = db.statements;
    await eventually(() => expect(db.statements).toBeGreaterThan(polls + 3));
    expect(await outbox()).toHaveLength(4);
    await db.run('delete from outbox');
    await eventually(async () => expect(await outbox()).toHaveLength(4));
    await db.run('delete from outbox');
    expect(await working).toBe(8);
  });

  it('answers with the number of events and publishes them afterwards', async () => {
    const s = await TestService.start({ name: 'intake', module: NothingModule, config: serviceConfig('intake', {}), migrations: [] });
    try {
      const theirs = new Database({ url: s.database.url, poolSize: 1, applicationName: 'spec', migrations: [] });
      await theirs.connect();
      const ticketId = newId();
      const draft = intake.TicketWithdrawn.of({ org: 'acme', ticketId, occurredAt: AT, data: { reason: 'x', withdrawnAt: AT } });
      await theirs.transaction((tx) => new Outbox().append(tx, [draft, draft], CAUSE));
      await theirs.run('delete from outbox');
      await theirs.close();
      expect(await s.call('POST', '/v1/ops/republish', { body: { ticketId } })).toMatchObject({ status: 202, body: { events: 2 } });
      await eventually(() => expect(s.emitted(ticketId).map((e) => e.seq)).toEqual([1, 2]));
    } finally {
      await s.close();
    }
  });
});
