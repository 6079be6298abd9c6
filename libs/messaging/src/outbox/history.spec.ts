import { intake } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { clockMigration, Database } from '@gongdan/platform';
import { testStack } from '@gongdan/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { messagingMigrations } from '../migrations.js';
import { republishRange, republishStretch } from '../operations/republish.js';
import { Outbox } from './outbox.js';

const AT = '2026-03-02T09:00:00.000Z';

describe('the history of events, for the role of a service', () => {
  const role = `spec_${newId().replaceAll('-', '')}`;
  const ticketId = newId();
  let admin: Database;
  let db: Database;

  // As deploy/compose/databases.sh and deploy/local set it up: the service owns its database and migrates it, and is no superuser.
  beforeAll(async () => {
    admin = new Database({ url: testStack().postgres, poolSize: 2, applicationName: 'spec', migrations: [] });
    await admin.connect();
    await admin.run(`create role ${role} login password 'spec'`);
    await admin.run(`create database ${role} owner ${role} template template0`);
    const url = new URL(testStack().postgres);
    Object.assign(url, { username: role, password: 'spec', pathname: `/${role}` });
    db = new Database({ url: url.href, poolSize: 2, applicationName: 'spec', migrations: [clockMigration, ...messagingMigrations] });
    await db.connect();
    await db.migrate();
    await db.transaction((tx) => new Outbox().append(tx, [withdrawn(), withdrawn()], { correlationId: 'c', actor: { id: 'li' } }));
  });
  afterAll(async () => {
    await db.close();
    await admin.run(`drop database ${role} with (force)`);
    await admin.run(`drop role ${role}`);
    await admin.close();
  });

  const withdrawn = () => intake.TicketWithdrawn.of({ org: 'acme', ticketId, occurredAt: AT, data: { reason: 'x', withdrawnAt: AT } });

  it.each([
    `update ticket_event set actor_id = 'nobody'`,
    `update ticket_event set data = '{}' where seq = 1`,
    `delete from ticket_event where seq = 2`,
    `truncate ticket_event`,
    `insert into ticket_event select * from ticket_event on conflict (org, ticket_id, seq) do update set actor_id = 'nobody'`,
  ])('refuses: %s', async (statement) => {
    await expect(db.run(statement)).rejects.toThrow(/permission denied/);
  });

  it('refuses a change by trigger, too, when the role was granted it by mistake', async () => {
    await db.run('grant all on ticket_event to current_user');
    for (const statement of [`update ticket_event set actor_id = 'nobody'`, 'delete from ticket_event', 'truncate ticket_event'])
      await expect(db.run(statement)).rejects.toThrow(/insert-only/);
    await db.run('revoke update, delete, truncate on ticket_event from current_user');
  });

  it('the history is still published again, whole or in part', async () => {
    await db.run('delete from outbox');
    expect(await republishRange(db, { ticketId })).toBe(2);
    expect(await republishStretch(db, 'intake', { producer: 'intake', org: 'acme', ticketId, fromSeq: 2, toSeq: 2 })).toBe(1);
    expect(await db.rows('select seq from outbox order by id')).toEqual([{ seq: 1 }, { seq: 2 }, { seq: 2 }]);
  });
});
