import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clockMigration, Database, type Tx } from '@gongdan/platform';
import { messagingMigrations } from '@gongdan/messaging';
import { newId } from '@gongdan/kernel';
import { type TestDatabase, testDatabase } from '@gongdan/testing';
import { dispatch } from '../src/dispatch.module.js';
import { DueTasksStore } from '../src/store/due-tasks.store.js';

/** The due index of sleeping tasks, on the tables as dispatch makes them. */
describe('due tasks', () => {
  const store = new DueTasksStore();
  const [AT, LATER] = ['2026-03-02T01:00:00.000Z', '2026-03-03T01:00:00.000Z'];
  const [ref, other] = [
    { org: 'acme', ticketId: newId() },
    { org: 'acme', ticketId: newId() },
  ];
  let home: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    const migrations = [clockMigration, ...messagingMigrations, ...dispatch.migrations];
    home = await testDatabase(migrations, 'dispatch');
    database = new Database({ url: home.url, poolSize: 2, applicationName: 'due-tasks', migrations });
    await database.connect();
  });
  afterAll(async () => {
    await database.close();
    await home.drop();
  });

  const follow = (...changes: Parameters<DueTasksStore['follow']>[1]) => database.transaction((tx: Tx) => store.follow(tx, changes));
  const rows = () =>
    database.rows('select ticket_id as "ticketId", task, point, gen, due_at as "dueAt", failures from due_tasks order by ticket_id, task');
  const row = (of: typeof ref, task: string, gen: number, dueAt: string) => ({
    ticketId: of.ticketId,
    task,
    point: 'wake',
    gen,
    dueAt,
    failures: 0,
  });

  it('writes the sleeps that began, replaces those that moved and deletes those that ended, of several cases in one statement', async () => {
    await follow(
      { ended: [], asleep: [{ ...ref, task: '1', gen: 1, dueAt: AT }] },
      { ended: [], asleep: [{ ...other, task: '1', gen: 1, dueAt: AT }] },
    );
    expect(await rows()).toEqual([row(ref, '1', 1, AT), row(other, '1', 1, AT)]);
    await store.setAside(database, { ...ref, subject: '1' });
    expect(await store.failing(database)).toBe(1);
    const before = database.statements;
    // A new sleep starts without the failures of the one before.
    await follow(
      {
        ended: [],
        asleep: [
          { ...ref, task: '1', gen: 2, dueAt: LATER },
          { ...ref, task: '2', gen: 1, dueAt: AT },
        ],
      },
      { ended: [{ ...other, task: '1' }], asleep: [] },
    );
    // BEGIN and COMMIT are the other two.
    expect(database.statements - before).toBe(3);
    expect(await rows()).toEqual([row(ref, '1', 2, LATER), row(ref, '2', 1, AT)]);
  });

  it('sends no statement when no sleep changed', async () => {
    const before = database.statements;
    await follow({ ended: [], asleep: [] });
    expect(database.statements - before).toBe(2);
  });
});
