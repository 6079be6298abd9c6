import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { plusMs } from '@gongdan/kernel';
import { eventually } from '@gongdan/testing';
import { HOUR, SlaService } from './sla-service.js';

const DAY = 24 * HOUR;

describe('a clock whose firing fails', () => {
  let s: SlaService;
  beforeAll(async () => {
    s = await SlaService.start();
    const { database } = s.service.running.app;
    // Recording these events fails, whatever sla does. A sequence counts the tries, because a rollback does not undo it.
    await database.run('create table on_fire (ticket_id uuid, name text, primary key (ticket_id, name))');
    await database.run('create sequence burns');
    await database.run(`create function burn() returns trigger language plpgsql as $$ begin
      if exists (select from on_fire f where f.ticket_id = new.ticket_id and f.name = new.name)
      then perform nextval('burns'); raise 'the disk is on fire'; end if; return new; end $$`);
    await database.run('create trigger burn before insert on ticket_event for each row execute function burn()');
  });
  afterAll(() => s.close());

  const FIRED = ['clock-started service', 'clock-warned service eighty-percent', 'clock-breached service'];
  const metrics = async () => (await s.service.call('GET', '/metrics', { as: null })).text;
  const retryIn = (hours: number) =>
    s.service.running.app.database.run("update clock_points set retry_at = clock_timestamp() + $1 * interval '1 hour' where failures > 0", [
      hours,
    ]);
  const burn = (ticket: string, ...names: string[]) =>
    s.service.running.app.database.run('insert into on_fire select $1::uuid, unnest($2::text[])', [ticket, names]);
  const runs = (ticket: string) => eventually(async () => expect(await s.clocksOf(ticket)).toMatchObject([{ state: 'running' }]));

  it('stops no other clock, is counted, retried with a back-off, and fires once when its fault is mended', async () => {
    const { database } = s.service.running.app;
    const failing = [await s.cityTicket(plusMs(s.now, -HOUR)), await s.cityTicket(plusMs(s.now, -HOUR))];
    for (const ticket of failing) await burn(ticket, 'sla.clock-warned', 'sla.clock-breached');
    const others: string[] = [];
    for (let n = 0; n < 10; n++) others.push(await s.cityTicket(s.now));
    for (const ticket of [...failing, ...others]) await runs(ticket);

    await s.shift(30 * DAY);
    await eventually(() => expect(others.map((t) => s.published(t))).toEqual(others.map(() => FIRED)));
    // Those that come due later do not wait either.
    const late = await s.cityTicket(plusMs(s.now, HOUR));
    await eventually(() => expect(s.published(late)).toEqual(FIRED));
    await eventually(async () => expect(await metrics()).toMatch(/^gongdan_clocks_failing\{.*\} 2$/m));
    const states = () =>
      database.rows<{ failures: number; wait: number }>(
        'select failures, extract(epoch from retry_at - clock_timestamp())::float8 as wait from clock_points where failures > 0',
      );
    await eventually(async () => {
      for (const { failures } of await states()) expect(failures).toBeGreaterThan(1);
    });
    for (const { failures, wait } of await states()) expect(wait).toBeLessThanOrEqual(2 ** failures);
    expect(failing.map((t) => s.published(t))).toEqual([['clock-started service'], ['clock-started service']]);

    await database.run('delete from on_fire');
    // The fourth failure waits 16 s, longer than this test.
    await retryIn(0);
    await eventually(() => expect(failing.map((t) => s.published(t))).toEqual([FIRED, FIRED]));
    await eventually(async () => expect(await metrics()).toMatch(/^gongdan_clocks_failing\{.*\} 0$/m));
    expect(await database.rows('select 1 from clock_points')).toEqual([]);
    await s.shift(0);
  });

  it('is not tried before its retry while others fire, and publishes its breach after the warning that failed', async () => {
    const { database } = s.service.running.app;
    const ticket = await s.cityTicket(s.now);
    const other = await s.cityTicket(plusMs(s.now, HOUR));
    await burn(ticket, 'sla.clock-warned');
    for (const one of [ticket, other]) await runs(one);
    const failing = () => database.rows('select point from clock_points where ticket_id = $1 and failures > 0', [ticket]);
    await s.shift(12 * DAY);
    await eventually(async () => expect(await failing()).toEqual([{ point: 'eighty-percent' }]));
    await retryIn(1);
    await s.shift(15 * DAY);
    await eventually(() => expect(s.published(other)).toEqual(FIRED));
    expect(s.published(ticket)).toEqual(['clock-started service']);
    // A point that waits for the retry of its clock does not wait for a watermark.
    await eventually(async () => expect(await metrics()).toMatch(/^gongdan_clock_points_waiting\{.*\} 0$/m));
    // The retry fails for both points.
    await retryIn(0);
    await eventually(async () => expect(await failing()).toHaveLength(2));

    const burns = async () => (await database.one<{ n: string }>('select last_value::text as n from burns'))?.n;
    await eventually(async () => {
      // Again when a retry that was under way has written a nearer instant.
      await retryIn(1);
      const before = await burns();
      const late = await s.cityTicket(s.now);
      await eventually(() => expect(s.published(late)).toEqual(FIRED));
      expect(await burns()).toBe(before);
    });
    await database.run('delete from on_fire');
    await retryIn(0);
    await eventually(() => expect(s.published(ticket)).toEqual(FIRED));
    await s.shift(0);
  });

  it('retries a clock although twenty that wait longer cannot be claimed', async () => {
    const { database } = s.service.running.app;
    const held: string[] = [];
    for (let n = 0; n < 20; n++) held.push(await s.cityTicket(s.now));
    const free = await s.cityTicket(s.now);
    for (const ticket of [...held, free]) await runs(ticket);
    await database.transaction(async (tx) => {
      await tx.run('select 1 from sla_tickets where id = any($1::uuid[]) order by id for update', [held]);
      await database.run(
        `update clock_points set failures = 1, retry_at = clock_timestamp() - case when ticket_id = $1::uuid then 0 else 1 end * interval '1 hour'
         where ticket_id = $1::uuid or ticket_id = any($2::uuid[])`,
        [free, held],
      );
      await s.shift(15 * DAY);
      await eventually(() => expect(s.published(free)).toEqual(FIRED));
      expect(held.map((t) => s.published(t))).toEqual(held.map(() => ['clock-started service']));
      // Being locked is no failure: the back-off does not grow.
      const counts = await database.rows('select distinct failures from clock_points where ticket_id = any($1::uuid[])', [held]);
      expect(counts).toEqual([{ failures: 1 }]);
    });
    await eventually(() => expect(held.map((t) => s.published(t))).toEqual(held.map(() => FIRED)));
    await s.shift(0);
  });
});
