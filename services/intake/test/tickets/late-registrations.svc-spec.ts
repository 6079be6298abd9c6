import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ms, newId } from '@gongdan/kernel';
import { messagingMigrations } from '@gongdan/messaging';
import { type TestService } from '@gongdan/messaging/testing';
import { clockMigration, Database } from '@gongdan/platform';
import { eventually, type TestDatabase, testDatabase } from '@gongdan/testing';
import { intake } from '../../src/intake.module.js';
import { HeldDatabase } from '../held-database.js';
import { aTicket, gapFree, startIntake, starter } from '../intake-service.js';

/** A stated watermark stays this far behind what `producer_watermark()` returns (watermark-publisher.ts). */
const MARGIN_MS = 250;

describe('a registration that is delayed on its way to the database', () => {
  let database: TestDatabase;
  let direct: Database;
  let way: HeldDatabase;
  let s: TestService;
  beforeAll(async () => {
    database = await testDatabase([clockMigration, ...messagingMigrations, ...intake.migrations], 'late');
    direct = new Database({ url: database.url, poolSize: 2, applicationName: 'late-registrations', migrations: [] });
    await direct.connect();
    way = await HeldDatabase.before(database.url);
    s = await startIntake({ acme: starter, gapless: gapFree }, { database: { ...database, url: way.url } });
  });
  afterAll(async () => {
    way.release();
    await s.close();
    await way.close();
    await direct.close();
    await database.drop();
  });

  afterEach(() => way.release());

  const stated = async (): Promise<number> => {
    const row = await direct.one<{ until: string }>('select until from producer_watermark()');
    return ms(row?.until ?? '') - MARGIN_MS;
  };

  /** Holds the service while it has neither an open transaction nor an unsent event: either would hold the watermark as well. */
  const holdWithoutTransaction = () =>
    eventually(async () => {
      way.hold();
      const open = await direct.rows(
        `select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null
         union all select 0 from outbox`,
      );
      if (open.length > 0) way.release();
      expect(open).toEqual([]);
    });

  it.each([
    ['a shared statement', 'acme', {}, {}],
    ['a statement of its own', 'acme', { externalKey: newId() }, {}],
    ['an Idempotency-Key', 'acme', {}, { 'idempotency-key': '"late"' }],
    ['gap-free numbers', 'gapless', {}, {}],
  ])('has no instant before a watermark that was stated meanwhile, with %s', async (title, org, more, headers) => {
    // Loads the pack.
    expect((await s.call('POST', '/v1/tickets', { as: { org }, body: aTicket() })).status).toBe(201);
    await holdWithoutTransaction();
    const post = () => s.call('POST', '/v1/tickets', { as: { org }, body: aTicket({ title, ...more }), headers });
    const answering = post();
    await eventually(() => expect(way.text).toContain(title));
    const sentAt = await stated();
    const until = await eventually(async () => {
      const at = await stated();
      expect(at).toBeGreaterThan(sentAt + MARGIN_MS);
      return at;
    });
    way.release();
    const made = await answering;
    expect(made.status).toBe(201);
    const id = String(made.body['id']);
    const event = await direct.one<{ occurred_at: string; at: string; later: boolean }>(
      `select occurred_at, data ->> 'registeredAt' as at, recorded_at >= occurred_at as later from ticket_event where org = $1 and ticket_id = $2::uuid`,
      [org, id],
    );
    const instant = String(made.body['registeredAt']);
    expect(ms(instant)).toBeGreaterThanOrEqual(until);
    expect(event).toEqual({ occurred_at: instant, at: instant, later: true });
    expect((await s.call('GET', `/v1/tickets/${id}`, { as: { org } })).body).toMatchObject({ registeredAt: instant });
    if ('idempotency-key' in headers) expect((await post()).body).toEqual(made.body);
  });
});
