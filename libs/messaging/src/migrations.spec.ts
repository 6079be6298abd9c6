import { afterEach, describe, expect, it } from '@jest/globals';
import { newId } from '@gongdan/kernel';
import { clockMigration, Database, type MigrationClass } from '@gongdan/platform';
import { type TestDatabase, testDatabase } from '@gongdan/testing';
import { messagingMigrations } from './migrations.js';

describe('the migrations of messaging', () => {
  let own: TestDatabase;
  let db: Database;
  afterEach(async () => {
    await db.close();
    await own.drop();
  });

  it('migrations let the watermark wait for events that were unsent before pointers had a time', async () => {
    const all: MigrationClass[] = [clockMigration, ...messagingMigrations];
    const before = all.slice(
      0,
      all.findIndex((m) => m.sql.includes('queued_at')),
    );
    own = await testDatabase(before, 'upgrade');
    db = new Database({ url: own.url, poolSize: 2, applicationName: 'spec', migrations: all });
    await db.connect();
    const [ticket, recordedAt] = [newId(), '2026-03-02T09:00:00.000Z'];
    await db.run(
      `insert into ticket_event (org, ticket_id, seq, event_id, name, version, occurred_at, recorded_at, correlation_id, actor_id, data)
       values ('acme', $1::uuid, 1, $2::uuid, 'intake.ticket-withdrawn', 1, $3, $3, 'spec', 'tester', '{}')`,
      [ticket, newId(), recordedAt],
    );
    await db.run(`insert into outbox (part, org, ticket_id, seq) values (0, 'acme', $1::uuid, 1)`, [ticket]);
    await db.migrate();
    expect(await db.one('select until from producer_watermark()')).toEqual({ until: recordedAt });
  });
});
