import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { Database } from './database.js';
import { migration, type MigrationClass } from './migrations.js';
import { sampleDatabase } from '../sample-service.js';

let home: { url: string; drop(): Promise<void> };
const open: Database[] = [];

beforeEach(async () => {
  home = await sampleDatabase();
});
afterEach(async () => {
  for (const db of open.splice(0)) await db.close();
  await home.drop();
});

async function replica(migrations: MigrationClass[], poolSize = 2): Promise<Database> {
  const db = new Database({ url: home.url, poolSize, applicationName: 'spec', migrations });
  open.push(db);
  await db.connect();
  return db;
}

const limits = "select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock";
const remember = migration(101, 'Remember', `create table seen as ${limits}`);

describe('migrations', () => {
  it('migrations wait without a time limit for a replica that migrates, and log that they wait', async () => {
    const first = new pg.Client({ connectionString: home.url });
    await first.connect();
    await first.query("select pg_advisory_lock(hashtext('gongdan.migrations'))");
    const lines: string[] = [];
    const spy = jest.spyOn(process.stdout, 'write').mockImplementation(((line: string) => lines.push(line) > 0) as never);
    try {
      const second = await replica([remember]);
      let done = false;
      const waits = second.migrate().then(() => (done = true));
      // This is longer than lock_timeout, which also applies to advisory locks.
      await Promise.race([waits, new Promise((wake) => setTimeout(wake, 6_000))]);
      expect(done).toBe(false);
      await first.end();
      await waits;
      expect(await second.rows('select 1 from seen')).toHaveLength(1);
    } finally {
      spy.mockRestore();
      await first.end();
    }
    expect(lines.join('')).toContain('waiting for another replica that runs migrations');
  });

  it('migrations have no statement timeout, but keep the lock timeout, so that they do not block a table for all others', async () => {
    const db = await replica([remember]);
    await db.migrate();
    expect(await db.one('select * from seen')).toEqual({ statement: '0', lock: '5s' });
  });

  it('migrations restore the limits of the connection and release the lock', async () => {
    const db = await replica([remember], 1);
    await db.migrate();
    expect(await db.one(limits)).toEqual({ statement: '1min', lock: '5s' });
    await (await replica([remember], 1)).migrate();
  });

  it('migrations release the lock when one fails', async () => {
    const bad = await replica([migration(101, 'Bad', 'select nonsense')]);
    await expect(bad.migrate()).rejects.toThrow('nonsense');
    expect(await bad.one(limits)).toEqual({ statement: '1min', lock: '5s' });
    await (await replica([remember])).migrate();
  });

  it('migrations run once when replicas start together', async () => {
    const replicas = await Promise.all([replica([remember]), replica([remember]), replica([remember])]);
    await Promise.all(replicas.map((db) => db.migrate()));
    expect(await replicas[0]?.rows('select 1 from seen')).toHaveLength(1);
  });
});
