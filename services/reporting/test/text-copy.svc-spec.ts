import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@gongdan/kernel';
import { TestService } from '@gongdan/messaging/testing';
import { type Database } from '@gongdan/platform';
import { eventually } from '@gongdan/testing';
import { reporting } from '../src/reporting.module.js';
import { TextsStore } from '../src/store/texts.store.js';
import { CopyTexts } from '../src/use-cases/copy-texts.js';

const OLD = 2_500;
const texts = new TextsStore();

// The rows of these tests are older than `ticket_texts`: they were written without its triggers.
describe('the copy of the texts of older tickets', () => {
  let s: TestService;
  let db: Database;
  beforeAll(async () => {
    s = await TestService.start(reporting);
    db = s.running.app.database;
    await db.run(`create index ticket_rows_text on ticket_rows using gin ((title || ' ' || description || ' ' || coalesce(address, '')) gin_trgm_ops)`);
    await db.run('alter table ticket_rows disable trigger user');
    await db.run(
      `insert into ticket_rows (org, id, number, title, description, registered_at, changed_at)
       select 'acme', gen_random_uuid(), 'N' || i, 'Leaking pipe ' || i, 'since Monday', now(), now() from generate_series(1, $1) i`,
      [OLD],
    );
    await db.run('alter table ticket_rows enable trigger user');
    await db.run('update ticket_texts_copy set done = false');
  }); // prettier-ignore
  afterAll(() => s.close());

  const found = async (text: string): Promise<number> =>
    ((await s.call('GET', `/v1/stats?text=${encodeURIComponent(text)}`)).body['items'] as { total: number }[])[0]?.total ?? 0;
  const copied = async (): Promise<number> => Number((await db.one<{ n: number }>('select count(*)::int as n from ticket_texts'))?.n);
  const share = (most: number): Promise<boolean> => db.transaction((tx) => texts.copyShare(tx, most));

  it('does not hide a ticket from a search before it has come to it, and shows the present text of those that change meanwhile', async () => {
    expect([await copied(), await found('Leaking')]).toEqual([0, OLD]);
    await db.run(`update ticket_rows set title = 'Broken lamp' where number in ('N1', 'N2')`);
    expect(await share(1_000)).toBe(true);
    expect([await found('Leaking'), await found('lamp')]).toEqual([OLD - 2, 2]);
    await db.run(`update ticket_rows set title = 'Fallen tree' where number in ('N2', 'N3')`);
    expect([await found('Leaking'), await found('lamp'), await found('tree')]).toEqual([OLD - 3, 1, 2]);
  });

  it('keeps what a writer changes while a share is copied, and loses nothing when it breaks off', async () => {
    const before = await copied();
    const broken = db.transaction(async (tx) => {
      await texts.copyShare(tx, 1_000);
      throw new Error('killed');
    });
    await expect(broken).rejects.toThrow('killed');
    expect(await copied()).toBe(before);
    let change = Promise.resolve(0);
    await db.transaction(async (tx) => {
      await texts.copyShare(tx, 1_000);
      const last = await tx.one<{ org: string; id: string }>('select org, id::text from ticket_texts_copy');
      // The writer waits for the share, whose last row it changes.
      change = db.run(`update ticket_rows set title = 'Rusty gate' where org = $1 and id = $2::uuid`, [
        last?.org ?? '',
        last?.id ?? newId(),
      ]);
      await eventually(async () => expect(await db.rows(`select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%Rusty gate%'`)).toHaveLength(1)); // prettier-ignore
    });
    expect(await change).toBe(1);
    expect([await found('Rusty gate'), await found('Leaking')]).toEqual([1, OLD - 4]);
  });

  it('is done by one replica at a time, in its own order, and ends with each text as it is now', async () => {
    await db.transaction(async (tx) => {
      expect(await texts.copyShare(tx, 10)).toBe(true);
      expect(await share(10)).toBe(false);
    });
    const replica = new CopyTexts(db, texts);
    replica.onApplicationBootstrap();
    await eventually(async () => expect(await db.one('select done from ticket_texts_copy')).toEqual({ done: true }));
    await replica.onModuleDestroy();
    const rows = `select org, id, title || ' ' || description || ' ' || coalesce(address, '') as text from ticket_rows`;
    expect(await copied()).toBe(OLD);
    expect(await db.rows(`(${rows}) except select org, id, text from ticket_texts`)).toEqual([]);
    expect(await db.rows(`select 1 from pg_indexes where indexname = 'ticket_rows_text'`)).toEqual([]);
  });

  it('leaves the rows out of searches when it is done', async () => {
    expect(await found('Rusty gate')).toBe(1);
    await db.run(`delete from ticket_texts where text like 'Rusty gate%'`);
    expect(await found('Rusty gate')).toBe(0);
  });
});
