import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newId } from '@gongdan/kernel';
import { Database } from '@gongdan/platform';
import { type TestDatabase, testDatabase } from '@gongdan/testing';
import { DuePoints } from './index.js';
import { MIGRATIONS, WAITING } from './recorder.suite.js';

describe('due points that wait for events', () => {
  let home: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    home = await testDatabase(MIGRATIONS, 'due');
    database = new Database({ url: home.url, poolSize: 2, applicationName: 'due', migrations: MIGRATIONS });
    await database.connect();
  });
  beforeEach(() => database.run('truncate cases, due_clocks, gaps'));
  afterAll(async () => {
    await database.close();
    await home.drop();
  });

  const clocks = new DuePoints(WAITING);
  const hourAgo = () => new Date(Date.now() - 3_600_000).toISOString();
  const claim = (until: string | null, waited = false) =>
    database.transaction((tx) => clocks.claim(tx, 10, { partitions: [{ partition: 3, until, waited }], waitMs: 600_000 }));
  const point = async (minutesAgo: number): Promise<string> => {
    const ticketId = newId();
    await database.run("insert into cases values ('acme', $1)", [ticketId]);
    await database.run(
      "insert into due_clocks (org, ticket_id, task, point, gen, due_at, part) values ('acme', $1, 't', 'due', 1, gongdan_now() - $2 * interval '1 minute', 3)",
      [ticketId, minutesAgo],
    );
    return ticketId;
  };

  it('fire when everything until their instant has been applied', async () => {
    await point(5);
    expect(await claim(null)).toEqual([]);
    expect(await claim(hourAgo())).toEqual([]);
    expect(await claim(new Date().toISOString())).toMatchObject([{ point: 'due', unheard: false }]);
  });

  it('fire unheard when their partition was read to its end for the whole wait', async () => {
    await point(5);
    const old = await point(15);
    expect(await claim(hourAgo(), true)).toMatchObject([{ ticketId: old, unheard: true }]);
  });

  it('wait for a missing event of their ticket', async () => {
    await database.run("insert into gaps values ('acme', $1)", [await point(5)]);
    expect(await claim(new Date().toISOString())).toEqual([]);
  });
});
