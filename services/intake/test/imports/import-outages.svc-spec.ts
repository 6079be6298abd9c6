import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@gongdan/kernel';
import { messagingMigrations } from '@gongdan/messaging';
import { type TestService } from '@gongdan/messaging/testing';
import { clockMigration, Database } from '@gongdan/platform';
import { eventually, type TestDatabase, testDatabase } from '@gongdan/testing';
import { makeSpoolFolder } from '../../src/files/spool-folders.js';
import { intake } from '../../src/intake.module.js';
import { HeldDatabase } from '../held-database.js';
import { csv, good, importDesk } from './import-desk.js';
import { startIntake, starter } from '../intake-service.js';

describe('an import whose process or database fails', () => {
  let database: TestDatabase;
  let direct: Database;
  let way: HeldDatabase;
  let s: TestService;
  // The folder of a process that has ended (files/spool-folders.spec.ts has the rules), and that of a process in another container.
  let left: string;
  const foreign = join(tmpdir(), `gongdan-import-0.1-1-1-${newId().slice(-6)}`);
  beforeAll(async () => {
    const own = await makeSpoolFolder();
    left = own.replace(/-\d+-\w+$/, `-1-${newId().slice(-6)}`);
    renameSync(own, left);
    mkdirSync(foreign);
    database = await testDatabase([clockMigration, ...messagingMigrations, ...intake.migrations], 'outages');
    direct = new Database({ url: database.url, poolSize: 2, applicationName: 'import-outages', migrations: [] });
    await direct.connect();
    way = await HeldDatabase.before(database.url);
    s = await startIntake({ acme: starter }, { database: { ...database, url: way.url } });
  });
  afterAll(async () => {
    for (const path of [left, foreign]) rmSync(path, { recursive: true, force: true });
    way.mend();
    await s.close();
    await way.close();
    await direct.close();
    await database.drop();
  });
  const { held, ended } = importDesk(() => s);

  it('has no try counted when the database is away so long that the failure cannot be written either', async () => {
    const { id, release } = await held(csv(good(1)));
    const reading = () =>
      direct.rows(
        `select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state = 'active' and query ~ 'from import_chunks'`,
      );
    // Reading the first piece takes a while: the outage comes meanwhile.
    await direct.run('alter table import_chunks rename to import_pieces');
    await direct.run(
      `create view import_chunks as select org, job, n, case when n > 0 or pg_sleep(3)::text = '' then bytes end as bytes from import_pieces`,
    );
    const during = async (): Promise<number | undefined> => {
      await eventually(release);
      await eventually(async () => expect(await reading()).toHaveLength(1));
      return (await direct.one<{ tries: number }>('select tries from import_jobs where id = $1::uuid', [id]))?.tries;
    };
    expect(await during()).toBe(1);
    way.cut();
    // Postgres notices that its client has gone when the statement has ended.
    await eventually(async () => expect(await reading()).toEqual([]));
    // The worker connects at once to write the failure down, and the pollers of the service connect again and again.
    await eventually(() => expect(way.refused).toBeGreaterThan(5));
    way.mend();
    expect(await during()).toBe(1);
    expect(await ended(id)).toMatchObject({ state: 'done', created: 1 });
  });

  it('leaves no folder behind: the next start removes those of processes that have ended, and no other', async () => {
    await eventually(() => expect(existsSync(left)).toBe(false));
    expect(existsSync(foreign)).toBe(true);
  });
});
