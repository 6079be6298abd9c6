import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@gongdan/kernel';
import { type TestService } from '@gongdan/messaging/testing';
import { Database } from '@gongdan/platform';
import { eventually, type TestDatabase, testStack } from '@gongdan/testing';
import { aTicket, gapFree, numbered, startIntake, starter } from './intake-service.js';

describe('a service whose tables belong to a role of their own', () => {
  const name = `t_roles_${newId().slice(-8)}`;
  const owner = `${name}_owner`;
  let admin: Database;
  let s: TestService;
  const urlOf = (role: string, password = 'spec') =>
    Object.assign(new URL(testStack().postgres), { username: role, password, pathname: `/${name}` }).href;
  const database: TestDatabase = { url: urlOf(name), drop: async () => undefined };
  const packs = { acme: starter, gapless: gapFree, series: numbered('series', 'A{seq:3}', false) };

  beforeAll(async () => {
    admin = new Database({ url: testStack().postgres, poolSize: 2, applicationName: 'spec', migrations: [] });
    await admin.connect();
    for (const role of [owner, name]) await admin.run(`create role ${role} login password 'spec'`);
    await admin.run(`create database ${name} owner ${owner} template template0`);
    s = await startIntake(packs, { database, env: { INTAKE_MIGRATION_DB_URL: urlOf(owner) } });
  });
  afterAll(async () => {
    await s.close();
    await admin.run(`drop database if exists ${name} with (force)`);
    for (const role of [name, owner]) await admin.run(`drop role ${role}`);
    await admin.close();
  });

  it('registers, numbers, corrects and publishes with the rights that the migration granted', async () => {
    for (const [org, key] of [['acme'], ['gapless'], ['series', 'series'], ['series', 'series']]) {
      const made = await s.call('POST', '/v1/tickets', {
        as: { org: org ?? '' },
        body: aTicket({ ...(key === undefined ? {} : { pack: key }), externalKey: newId() }),
        headers: { 'idempotency-key': `"${newId()}"` },
      });
      expect(made.status).toBe(201);
      const id = String(made.body['id']);
      expect((await s.call('PATCH', `/v1/tickets/${id}`, { as: { org: org ?? '' }, body: { title: 'changed' } })).status).toBe(200);
      await eventually(() => expect(s.emitted(id)).toHaveLength(2));
    }
  });

  it.each([
    ['alter table ticket_event disable trigger all', /must be owner/],
    ['drop trigger ticket_event_insert_only on ticket_event', /must be owner/],
    [`update ticket_event set actor_id = 'nobody'`, /permission denied/],
    ['delete from ticket_event', /permission denied/],
    ['truncate ticket_event', /permission denied/],
    ['drop table tickets', /must be owner/],
    ['create table own (n int)', /permission denied/],
    ['delete from migrations', /permission denied/],
  ])('refuses: %s', async (statement, refusal) => {
    await expect(s.running.app.database.run(statement)).rejects.toThrow(refusal);
  });

  it('does not give itself rights on the history, although Postgres only warns about the attempt', async () => {
    const { database: own } = s.running.app;
    await own.run('grant update, delete, truncate on ticket_event to current_user');
    expect(await own.one(`select has_table_privilege('ticket_event', 'update, delete, truncate') as may`)).toEqual({ may: false });
  });

  it('starts and grants beside a table and a sequence that belong to another role', async () => {
    const url = Object.assign(new URL(testStack().postgres), { pathname: `/${name}` }).href;
    const dba = new Database({ url, poolSize: 1, applicationName: 'spec', migrations: [] });
    await dba.connect();
    const restart = async (password?: string) => {
      const replica = await startIntake({}, { database, bus: s.bus, env: { INTAKE_MIGRATION_DB_URL: urlOf(owner, password) } });
      await replica.close();
    };
    try {
      await dba.run('create table ticket_event_backup as table ticket_event');
      await dba.run('create sequence backups');
      // Nothing is missing, so the connection that this wrong password would refuse is not opened.
      await restart('guessed');
      await dba.run(`revoke select on tickets from ${name}`);
      await restart();
      expect(
        await s.running.app.database.one(
          `select has_table_privilege('tickets', 'select') as own, has_table_privilege('ticket_event_backup', 'select') as backup`,
        ),
      ).toEqual({ own: true, backup: false });
    } finally {
      await dba.run('drop table if exists ticket_event_backup');
      await dba.run('drop sequence if exists backups');
      await dba.close();
    }
  });

  it('takes over a database whose tables belonged to the role of the service', async () => {
    const old = `${name}_old`;
    await admin.run(`create database ${old} owner ${name} template template0`);
    const own = (role: string) => Object.assign(new URL(urlOf(role)), { pathname: `/${old}` }).href;
    const before = await startIntake(packs, { database: { ...database, url: own(name) } });
    const post = (service: TestService) => service.call('POST', '/v1/tickets', { body: aTicket() });
    const first = await post(before);
    await before.close();
    const there = new Database({
      url: Object.assign(new URL(testStack().postgres), { pathname: `/${old}` }).href,
      poolSize: 2,
      applicationName: 'spec',
      migrations: [],
    });
    await there.connect();
    await there.run(`alter database ${old} owner to ${owner}`);
    await there.run(`reassign owned by ${name} to ${owner}`);
    await there.run(`grant connect on database ${old} to ${name}`);
    const after = await startIntake({}, { database: { ...database, url: own(name) }, env: { INTAKE_MIGRATION_DB_URL: own(owner) } });
    try {
      const second = await post(after);
      expect([first.status, second.status]).toEqual([201, 201]);
      expect(Number(String(second.body['number']).slice(-4))).toBe(Number(String(first.body['number']).slice(-4)) + 1);
      await expect(after.running.app.database.run('drop trigger ticket_event_insert_only on ticket_event')).rejects.toThrow(
        /must be owner/,
      );
    } finally {
      await after.close();
      await there.close();
      await admin.run(`drop database ${old} with (force)`);
    }
  });

  it('opens no connection for migrations when none is missing', async () => {
    // This password is wrong.
    const replica = await startIntake({}, { database, bus: s.bus, env: { INTAKE_MIGRATION_DB_URL: urlOf(owner, 'guessed') } });
    expect((await replica.call('GET', '/health/live', { as: null })).status).toBe(200);
    await replica.close();
  });
});
