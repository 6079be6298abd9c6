import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Database, type Tx } from './database.js';
import { sampleStack } from '../sample-service.js';

const table = `plans_${randomBytes(5).toString('hex')}`;
let db: Database;

beforeAll(async () => {
  db = new Database({ url: sampleStack().postgres, poolSize: 2, applicationName: 'spec', migrations: [] });
  await db.connect();
});

afterAll(async () => {
  await db.run(`drop table if exists ${table}`);
  await db.close();
});

beforeEach(async () => {
  await db.run(`drop table if exists ${table}`);
  await db.run(`create table ${table} (id int primary key, name text)`);
  await db.run(`insert into ${table} select i, 'row ' || i from generate_series(1, 20) i`);
});

const often = Array.from({ length: 12 }, (_, i) => i + 1);

describe('a statement that is sent often', () => {
  const read = `select * from ${table} where id = $1`;
  const inTransaction = (id: number) => db.transaction((tx) => tx.one<{ name: string }>(read, [id]));

  it('returns the rows of its own parameters each time, inside a transaction and outside', async () => {
    for (const id of often) {
      expect(await db.one(read, [id])).toEqual({ id, name: `row ${id}` });
      expect(await inTransaction(id)).toEqual({ id, name: `row ${id}` });
    }
  });

  it('a statement is planned once per connection when it is sent often', async () => {
    const other = `select name from ${table} where id = $1`;
    await db.transaction(async (tx) => {
      for (const id of often) await tx.one(other, [id]);
      expect(
        await tx.rows('select generic_plans + custom_plans as uses from pg_prepared_statements where statement = $1', [other]),
      ).toEqual([{ uses: often.length - 5 }]);
    });
  });

  it('a statement still works after a newer version has added a column to the table whose every column it reads', async () => {
    for (const id of often) await inTransaction(id);
    await db.run(`alter table ${table} add column more int not null default 7`);
    expect(await inTransaction(1)).toEqual({ id: 1, name: 'row 1', more: 7 });
    await db.run(`alter table ${table} add column last int not null default 8`);
    expect(await db.one(read, [2])).toEqual({ id: 2, name: 'row 2', more: 7, last: 8 });
  });

  it('reports how many rows a change affected', async () => {
    for (const _ of often) expect(await db.transaction((tx) => tx.run(`update ${table} set name = name where id <= $1`, [3]))).toBe(3);
  });

  it('fails with its SQLSTATE and leaves the connection usable when it breaks a constraint', async () => {
    for (const id of often) {
      await expect(db.transaction((tx) => tx.run(`insert into ${table} (id) values ($1)`, [id]))).rejects.toMatchObject({ code: '23505' });
      expect(await inTransaction(id)).toBeDefined();
    }
  });
});

describe('a transaction that begins with its first statement', () => {
  const add = (tx: Tx, id: number) => tx.one<{ id: number }>(`insert into ${table} (id, name) values ($1, 'new') returning id`, [id]);

  it('keeps what it wrote, and nothing of it when the work fails after the first statement', async () => {
    for (const n of often) {
      expect(await db.transaction((tx) => add(tx, 100 + n), true)).toEqual({ id: 100 + n });
      const failed = db.transaction(async (tx) => {
        await add(tx, 200 + n);
        throw new Error('the work failed');
      }, true);
      await expect(failed).rejects.toThrow('the work failed');
    }
    expect(await db.one(`select count(*)::int as n from ${table} where name = 'new'`)).toEqual({ n: often.length });
  });

  it('fails with the SQLSTATE of its first statement and leaves the connection usable', async () => {
    for (const n of often) {
      await expect(db.transaction((tx) => add(tx, n), true)).rejects.toMatchObject({ code: '23505' });
      expect(await db.transaction((tx) => add(tx, 100 + n), true)).toEqual({ id: 100 + n });
    }
  });

  it('runs again when its first statement was planned before a newer version changed the table', async () => {
    const all = (id: number) => db.transaction((tx) => tx.one(`select * from ${table} where id = $1`, [id]), true);
    for (const id of often) await all(id);
    await db.run(`alter table ${table} add column more int not null default 7`);
    expect(await all(1)).toEqual({ id: 1, name: 'row 1', more: 7 });
  });

  it('has all statements within one transaction, those that are sent together too', async () => {
    const now = (tx: Tx) => tx.one<{ at: string }>('select transaction_timestamp()::text as at, $1::int as n', [1]);
    for (const _ of often) {
      const [a, b, c] = await db.transaction(async (tx) => [...(await Promise.all([now(tx), now(tx)])), await now(tx)], true);
      expect([b, c]).toEqual([a, a]);
    }
  });

  it('needs no transaction when the work sends nothing', async () => {
    expect(await db.transaction(() => Promise.resolve('nothing'), true)).toBe('nothing');
  });
});

it('runs a text of several commands as often as it is sent', async () => {
  for (const _ of often) await db.run(`delete from ${table}; delete from ${table}`);
  expect(await db.rows(`select * from ${table}`)).toEqual([]);
});
