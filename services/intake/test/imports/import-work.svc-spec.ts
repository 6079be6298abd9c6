import { readPack } from '@gongdan/packs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestService } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { ImportsJob } from '../../src/entry/imports/imports.job.js';
import { ImportsStore } from '../../src/store/imports/imports.store.js';
import { ImportRows } from '../../src/use-cases/imports/import-rows.js';
import { cellsOf, csv, good, importDesk, many, MAPPING, ME, workbook } from './import-desk.js';
import { gapFree, startIntake, starter } from '../intake-service.js';

describe('the work on an import', () => {
  let s: TestService;
  beforeAll(async () => {
    s = await startIntake({ acme: starter, gapless: gapFree });
  });
  afterAll(() => s.close());

  const { ended, run, held } = importDesk(() => s);

  it('continues where a dead worker stopped', async () => {
    const made = await s.call('POST', '/v1/imports', { body: { pack: 'starter', mapping: MAPPING } });
    const id = String(made.body['id']);
    const { database } = s.running.app;
    // A worker died after its first batch: its claim has expired, 2 of 5 rows are done.
    await run(csv(good(41), good(42)));
    await database.run(
      `update import_jobs set owner = gen_random_uuid(), lease_until = clock_timestamp() + interval '1 hour', state = 'running', rows_done = 2, created = 2 where id = $1::uuid`,
      [id],
    );
    await database.run(
      `insert into import_results (org, job, row, line, last_line, outcome) select 'acme', $1::uuid, r, r + 1, r + 1, 'created' from generate_series(1, 2) as r`,
      [id],
    );
    await database.run('insert into import_chunks (org, job, n, bytes) values ($1, $2::uuid, 0, $3)', [
      'acme',
      id,
      Buffer.from(csv(good(41), good(42), good(43), good(44), good(45))),
    ]);
    await database.run(`update import_jobs set lease_until = '-infinity' where id = $1::uuid`, [id]);
    await eventually(async () =>
      expect((await s.call('GET', `/v1/imports/${id}`)).body).toMatchObject({ state: 'done', rows: 5, created: 5, unchanged: 0 }),
    );
  });

  it('an import is done once when two replicas try to claim it', async () => {
    const replica = await startIntake({}, { database: s.database, bus: s.bus });
    const jobs = await Promise.all([0, 1, 2, 3].map((i) => held(csv(...many(30_000 + i * 1_000, 700)))));
    await Promise.all(jobs.map((j) => j.release()));
    for (const { id } of jobs) {
      expect(await ended(id)).toMatchObject({ state: 'done', rows: 700, created: 700 });
      expect(await s.running.app.database.rows('select 1 from import_results where job = $1::uuid', [id])).toHaveLength(700);
    }
    await replica.close();
    expect(
      await s.running.app.database.rows(
        `select external_key from tickets where external_key ~ '^K3[0-3]...$' group by 1 having count(*) > 1`,
      ),
    ).toEqual([]);
  }, 60_000);

  it('writes nothing of a batch whose claim was lost, and takes no number', async () => {
    const { nest, database } = s.running.app;
    const { id, release } = await held(csv(good(1), good(2), good(3)), 'gapless');
    const job = await nest.get(ImportsStore).get(database, 'gapless', id);
    expect(
      await database.transaction((tx) =>
        nest.get(ImportRows).run(tx, job, ME, readPack(gapFree), {
          rows: [{ row: 1, line: 2, lastLine: 2, cells: cellsOf(good(1)) }],
          bytesDone: 10,
          numbersClash: false,
        }),
      ),
    ).toBeUndefined();
    expect(await database.rows(`select 1 from number_counters where org = 'gapless'`)).toEqual([]);
    await release();
    expect(await ended(id, 'gapless')).toMatchObject({ created: 3 });
    const list = await s.call('GET', '/v1/tickets', { as: { org: 'gapless' } });
    expect((list.body['items'] as { number: string }[]).map((t) => t.number).sort()).toEqual(['-202005001', '-202005002', '-202005003']);
  });

  it('waits while its pack is missing or a table is away, instead of failing', async () => {
    expect((await s.call('POST', '/v1/imports', { body: { pack: 'nobody-published-this', mapping: MAPPING } })).body).toMatchObject({
      status: 422,
      code: 'intake/no-pack',
    });
    const { database } = s.running.app;
    const { id, release } = await held(csv(good(94)));
    await database.run('update import_jobs set pack_version = 99 where id = $1::uuid', [id]);
    await release();
    await eventually(async () =>
      expect((await s.call('GET', `/v1/imports/${id}`)).body).toMatchObject({ state: 'running', error: expect.stringContaining('pack') }),
    );
    // The table is away for a moment while the file is read; that is no mistake of the file.
    await database.run(`alter table import_chunks rename to import_chunks_away`);
    await database.run(`update import_jobs set pack_version = $2, lease_until = '-infinity' where id = $1::uuid`, [
      id,
      starter.pack.version,
    ]);
    await eventually(async () =>
      expect(
        (await database.one<{ held: boolean }>('select lease_until > clock_timestamp() as held from import_jobs where id = $1::uuid', [id]))
          ?.held,
      ).toBe(true),
    );
    await database.run(`alter table import_chunks_away rename to import_chunks`);
    await release();
    expect(await ended(id)).toMatchObject({ state: 'done', created: 1, error: null });
  });

  it('an import is given up with the reason after four unforeseen faults in a row', async () => {
    const { database } = s.running.app;
    await database.run(
      `create function burst() returns trigger language plpgsql as $$ begin if new.external_key = 'K711' then raise 'the disk is on fire'; end if; return new; end $$`,
    );
    await database.run('create trigger burst before insert on tickets for each row execute function burst()');
    const { id, release } = await held(csv(...many(100_000, 500), good(711)));
    const reasons = new Set<unknown>();
    const view = await eventually(async () => {
      // Read first: a fault may follow the release at once.
      const { body } = await s.call('GET', `/v1/imports/${id}`);
      reasons.add(body['error']);
      if (body['state'] !== 'failed') await release();
      expect(body['state']).toBe('failed');
      return body;
    }, 100_000);
    await database.run('drop trigger burst on tickets');
    expect([...reasons]).toEqual([null, 'the disk is on fire', 'given up after 4 tries: the disk is on fire']);
    expect(view).toMatchObject({ created: 500, rows: 500 });
    expect(await database.rows('select 1 from import_chunks where job = $1::uuid', [id])).toEqual([]);
    expect(await run(csv(good(711)))).toMatchObject({ state: 'done', created: 1 });
  }, 120_000);

  it('counts a try as soon as it is claimed, so that a file that kills its worker is given up', async () => {
    const { database } = s.running.app;
    const { id, release } = await held(csv(good(715)));
    const tries = async () => (await database.one<{ tries: number }>('select tries from import_jobs where id = $1::uuid', [id]))?.tries;
    // Reading the first piece takes two seconds: the count is visible while the work is under way.
    await database.run('alter table import_chunks rename to import_pieces');
    await database.run(
      `create view import_chunks as select org, job, n, case when n > 0 or pg_sleep(2)::text = '' then bytes end as bytes from import_pieces`,
    );
    await release();
    await eventually(async () => expect(await tries()).toBe(1));
    expect(await ended(id)).toMatchObject({ state: 'done', created: 1 });
    await database.run('drop view import_chunks');
    await database.run('alter table import_pieces rename to import_chunks');
    const deadly = await held(csv(good(716)));
    // Four workers claimed it and died without storing anything.
    await database.run('update import_jobs set tries = 4 where id = $1::uuid', [deadly.id]);
    await deadly.release();
    expect(await ended(deadly.id)).toMatchObject({ state: 'failed', created: 0, error: expect.stringContaining('given up after 4 tries') });
  }, 120_000);

  it('ends in the same statement that deletes its file', async () => {
    const { database } = s.running.app;
    await database.run(`create function stay() returns trigger language plpgsql as $$ begin raise 'not now'; end $$`);
    await database.run('create trigger stay before delete on import_chunks for each row execute function stay()');
    const { id, release } = await held(csv(good(712)));
    await release();
    await eventually(async () =>
      expect((await s.call('GET', `/v1/imports/${id}`)).body).toMatchObject({ state: 'running', created: 1, error: 'not now' }),
    );
    await database.run('drop trigger stay on import_chunks');
    await release();
    expect(await ended(id)).toMatchObject({ state: 'done', created: 1 });
    expect(await database.rows('select 1 from import_chunks where job = $1::uuid', [id])).toEqual([]);
  });

  it('an import stays with its worker although the file gives no row for longer than a claim lasts', async () => {
    const { database } = s.running.app;
    const claimOf = (id: string) =>
      database.one<{ owner: string; lease_until: string }>('select owner, lease_until from import_jobs where id = $1::uuid', [id]);
    const { id, release } = await held(csv(good(713), good(714)));
    // Reading the first piece takes seven seconds, as with a large XLSX.
    await database.run('alter table import_chunks rename to import_pieces');
    await database.run(
      `create view import_chunks as select org, job, n, case when n > 0 or pg_sleep(7)::text = '' then bytes end as bytes from import_pieces`,
    );
    await release();
    const first = await eventually(async () => {
      const claim = await claimOf(id);
      expect(claim?.owner).not.toBeNull();
      return claim;
    });
    await eventually(async () => {
      const now = await claimOf(id);
      expect(now?.lease_until).not.toBe(first?.lease_until);
      expect((await s.call('GET', `/v1/imports/${id}`)).body).toMatchObject({ state: 'running', rows: 0 });
    }, 6_500);
    expect(await ended(id)).toMatchObject({ state: 'done', created: 2 });
    await database.run('drop view import_chunks');
    await database.run('alter table import_pieces rename to import_chunks');
  }, 120_000);

  it('an import is left as it is by a worker that stops in the middle of a workbook', async () => {
    const { database } = s.running.app;
    const replica = await startIntake({}, { database: s.database, bus: s.bus });
    const file = await workbook(many(110_000, 2_000).map((row) => row.split(',')));
    const { id, release } = await held(file, 'acme', { ...MAPPING, format: 'xlsx' });
    await database.run('delete from import_chunks where job = $1::uuid', [id]);
    for (let n = 0; n * 4_096 < file.length; n++)
      await database.run('insert into import_chunks (org, job, n, bytes) values ($1, $2::uuid, $3, $4)', [
        'acme',
        id,
        n,
        file.subarray(n * 4_096, (n + 1) * 4_096),
      ]);
    await database.run('alter table import_chunks rename to import_pieces');
    await database.run(
      `create view import_chunks as select org, job, n, case when pg_sleep(0.3)::text = '' then bytes end as bytes from import_pieces`,
    );
    await database.run(`update import_jobs set lease_until = '-infinity' where id = $1::uuid`, [id]);
    replica.running.app.nest.get(ImportsJob).nudge();
    await eventually(async () => expect((await s.call('GET', `/v1/imports/${id}`)).body['state']).toBe('running'));
    await replica.close();
    expect((await s.call('GET', `/v1/imports/${id}`)).body).toMatchObject({ state: 'running', rows: 0, error: null });
    await database.run('drop view import_chunks');
    await database.run('alter table import_pieces rename to import_chunks');
    await release();
    expect(await ended(id)).toMatchObject({ state: 'done', created: 2_000 });
  }, 120_000);
});
