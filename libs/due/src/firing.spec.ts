import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newId } from '@gongdan/kernel';
import { Database } from '@gongdan/platform';
import { eventually, skewWallClock, type TestDatabase, testDatabase } from '@gongdan/testing';
import { DueFiring, DueJob, type DueOwner, DuePoints } from './index.js';
import { MIGRATIONS, Recorder, TABLE } from './recorder.suite.js';

describe('due points', () => {
  let home: TestDatabase;
  let database: Database;
  const points = new DuePoints(TABLE);
  const jobs: DueJob[] = [];
  const databases: Database[] = [];

  async function open(): Promise<Database> {
    const db = new Database({ url: home.url, poolSize: 4, applicationName: 'due', migrations: MIGRATIONS });
    databases.push(db);
    await db.connect();
    return db;
  }

  /** Starts a replica with connections of its own. */
  async function replica(owner: DueOwner<null>, batch = 500): Promise<DueJob> {
    const job = new DueJob(new DueFiring(points, owner), { database: await open(), batch });
    jobs.push(job);
    job.start();
    return job;
  }

  beforeAll(async () => {
    home = await testDatabase(MIGRATIONS, 'due');
    database = await open();
  });
  beforeEach(() => database.run('truncate cases, tasks, fired, due_tasks; update clock_offset set offset_ms = 0'));
  afterEach(async () => {
    for (const job of jobs.splice(0)) await job.stop();
    for (const db of databases.splice(1)) await db.close();
  });
  afterAll(async () => {
    for (const db of databases) await db.close();
    await home.drop();
  });

  /** A ticket with one task that has a point for each instant, in seconds from now. */
  async function ticket(dueIn: Record<string, number>, ticketId = newId()): Promise<string> {
    await database.transaction(async (tx) => {
      await tx.run("insert into cases values ('acme', $1)", [ticketId]);
      await tx.run("insert into tasks values ('acme', $1, 't')", [ticketId]);
      await tx.run(
        `insert into due_tasks (org, ticket_id, task, point, gen, due_at)
         select 'acme', $1, 't', point, 1, gongdan_now() + s * interval '1 second' from unnest($2::text[], $3::float8[]) as p (point, s)`,
        [ticketId, Object.keys(dueIn), Object.values(dueIn)],
      );
    });
    return ticketId;
  }

  /** So many tickets, each with two points that are due: `first` and, a second later, `last`. */
  async function backlog(tickets: number): Promise<void> {
    await database.run(`insert into cases select 'acme', gen_random_uuid() from generate_series(1, $1)`, [tickets]);
    await database.run(`insert into tasks select org, ticket_id, 't' from cases`);
    await database.run(
      `insert into due_tasks (org, ticket_id, task, point, gen, due_at)
       select c.org, c.ticket_id, 't', p.point, 1, gongdan_now() - (100 + row_number() over () - p.later) * interval '1 millisecond'
       from cases c, (values ('first', 0), ('last', 50)) as p (point, later)`,
    );
  }

  const firedOf = async (ticketId: string) =>
    (await database.rows<{ point: string }>('select point from fired where ticket_id = $1 order by no', [ticketId])).map((f) => f.point);
  const left = async () => (await database.one<{ n: number }>('select count(*)::int as n from due_tasks'))?.n;
  const shift = (ms: number) => database.run('update clock_offset set offset_ms = $1', [ms]);
  const figures = () =>
    database.one<{ points: number; distinct: number; early: number; replicas: number; disorder: number }>(
      `select count(*)::int as points, count(distinct (ticket_id, point))::int as distinct, count(*) filter (where fired_at < due_at)::int as early,
         count(distinct by)::int as replicas,
         (select count(*)::int from fired f join fired l using (ticket_id) where f.point = 'first' and l.point = 'last' and f.no > l.no) as disorder
       from fired`,
    );

  it('fires 10,000 points exactly once with two replicas, those of a subject in the order of their instants', async () => {
    await backlog(5_000);
    await Promise.all([replica(new Recorder('a')), replica(new Recorder('b'))]);
    await eventually(async () => expect(await left()).toBe(0), 100_000);
    expect(await figures()).toEqual({ points: 10_000, distinct: 10_000, early: 0, replicas: 2, disorder: 0 });
  });

  it('fires each point once when a replica is killed by signal 9 in the middle of a batch', async () => {
    await backlog(200);
    const child = spawn(process.execPath, ['--input-type=module', '-e', KILLED, home.url], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    // The first batch is committed. The second has deleted its points and recorded them, and holds its transaction open.
    const committed = (await figures())?.points ?? 0;
    expect(committed).toBeGreaterThan(0);
    expect(await left()).toBe(400 - committed);
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    await replica(new Recorder('survivor'));
    await eventually(async () => expect(await left()).toBe(0));
    expect(await figures()).toMatchObject({ points: 400, distinct: 400, replicas: 2 });
  });

  it('lets a second replica claim the next points while the first holds a batch', async () => {
    await backlog(20);
    await database.transaction(async (tx) => {
      const first = await points.claim(tx, 5);
      expect(first.length).toBeGreaterThanOrEqual(5);
      await database.transaction(async (other) => expect((await points.claim(other, 5)).length).toBeGreaterThanOrEqual(5));
    });
  });

  it('decides by what a transaction wrote that held the ticket when its point came due', async () => {
    const [moved, witness] = [await ticket({ wake: -1 }), newId()];
    await database.transaction(async (tx) => {
      await tx.run('select 1 from cases where ticket_id = $1 for update', [moved]);
      await replica(new Recorder('a'));
      await ticket({ wake: -1 }, witness);
      await eventually(async () => expect(await firedOf(witness)).toEqual(['wake']));
      expect(await firedOf(moved)).toEqual([]);
      await tx.run('update tasks set gen = 2 where ticket_id = $1', [moved]);
      await tx.run("update due_tasks set gen = 2, due_at = gongdan_now() + interval '1 hour' where ticket_id = $1", [moved]);
    });
    const second = await ticket({ wake: -1 });
    await eventually(async () => expect(await firedOf(second)).toEqual(['wake']));
    expect(await firedOf(moved)).toEqual([]);
    await shift(2 * 3_600_000);
    await eventually(async () => expect(await firedOf(moved)).toEqual(['wake']));
  });

  it.each([
    ['of an older generation', 'update tasks set gen = 2 where ticket_id = $1'],
    ['whose subject is gone', 'delete from tasks where ticket_id = $1'],
  ])('drops a due point %s without firing it', async (_, change) => {
    const ticketId = await ticket({ wake: -1 });
    await database.run(change, [ticketId]);
    await replica(new Recorder('a'));
    await eventually(async () => expect(await left()).toBe(0));
    expect(await firedOf(ticketId)).toEqual([]);
  });

  it('sets a point that fails aside: it stops no other, keeps its order, and fires once when its fault is mended', async () => {
    const broken = await ticket({ first: -2, last: -1 });
    let failing = true;
    let tries = 0;
    const owner = new Recorder('a', (firings) => {
      if (!failing || !firings.some((f) => f.point.ticketId === broken)) return;
      tries += 1;
      throw new Error('poison');
    });
    const others: string[] = [];
    for (let n = 0; n < 20; n++) others.push(await ticket({ wake: -1 }));
    await replica(owner);
    await eventually(async () => expect(await Promise.all(others.map(firedOf))).toEqual(others.map(() => ['wake'])));
    const late = await ticket({ wake: -1 });
    await eventually(async () => expect(await firedOf(late)).toEqual(['wake']));
    expect(await firedOf(broken)).toEqual([]);
    expect(await points.failing(database)).toBe(1);
    expect(await points.waiting(database)).toEqual({ points: 0, seconds: 0 });
    // Once with all others, once alone.
    expect(tries).toBe(2);
    await database.run('update due_tasks set retry_at = clock_timestamp()');
    await eventually(async () => expect(await database.rows('select distinct failures from due_tasks')).toEqual([{ failures: 2 }]));
    const [{ wait } = { wait: 0 }] = await database.rows<{ wait: number }>(
      'select extract(epoch from min(retry_at) - clock_timestamp())::float8 as wait from due_tasks',
    );
    expect(wait).toBeGreaterThan(2);
    expect(wait).toBeLessThanOrEqual(4);
    failing = false;
    await database.run('update due_tasks set retry_at = clock_timestamp()');
    await eventually(async () => expect(await firedOf(broken)).toEqual(['first', 'last']));
    expect(await points.failing(database)).toBe(0);
  });

  it('fires by the clock of the database with its offset, whatever the clock of the process says', async () => {
    const later = await ticket({ wake: 3_600 });
    const restore = skewWallClock(86_400_000);
    try {
      await replica(new Recorder('a'));
      const now = await ticket({ wake: -1 });
      await eventually(async () => expect(await firedOf(now)).toEqual(['wake']));
      expect(await firedOf(later)).toEqual([]);
    } finally {
      restore();
    }
    await shift(3_601_000);
    await eventually(async () => expect(await firedOf(later)).toEqual(['wake']));
    expect(await figures()).toMatchObject({ early: 0, points: 2 });
  });

  it('counts the points that are due, with the age of the oldest', async () => {
    await ticket({ a: -100, b: -10, c: 100 });
    const { points: due, seconds } = await points.waiting(database);
    expect(due).toBe(2);
    expect(seconds).toBeGreaterThanOrEqual(100);
    expect(seconds).toBeLessThan(130);
  });

  it('ends the batch under way before it stops, and fires nothing afterwards', async () => {
    await backlog(20);
    let begun: () => void = () => undefined;
    const firing = new Promise<void>((resolve) => (begun = resolve));
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const job = await replica(
      new Recorder('a', async () => {
        begun();
        await held;
      }),
      5,
    );
    await firing;
    const stopped = job.stop();
    release();
    await stopped;
    const after = await left();
    expect(after).toBeLessThan(40);
    expect((await figures())?.points).toBe(40 - (after ?? 0));
    await new DueFiring(points, new Recorder('b')).next(database);
    expect(await left()).toBe(after);
  });
});

/** A replica that hangs after the effects of its second batch, before the commit. */
const KILLED = `
import { DueFiring, DueJob, DuePoints, subjectId } from '@gongdan/due';
import { Database } from '@gongdan/platform';
const database = new Database({ url: process.argv[1], poolSize: 2, applicationName: 'killed', migrations: [] });
await database.connect();
let batches = 0;
const owner = {
  subjectsOf: (tx, points) => new Map(points.map((p) => [subjectId(p), { gen: p.gen, state: null }])),
  async fire(tx, firings) {
    for (const { point: p } of firings)
      await tx.run("insert into fired (org, ticket_id, task, point, by) values ($1, $2, $3, $4, 'killed')", [p.org, p.ticketId, p.subject, p.point]);
    batches += 1;
    if (batches === 2) { console.log('in the middle'); await new Promise(() => undefined); }
  },
};
const table = { points: 'due_tasks', subject: 'task', tickets: { table: 'cases', id: 'ticket_id' }, waitsForEvents: false };
new DueJob(new DueFiring(new DuePoints(table), owner), { database, batch: 50 }).start();
`;
