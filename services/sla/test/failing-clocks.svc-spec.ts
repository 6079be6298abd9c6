import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { plusMs } from '@gongdan/kernel';
import { eventually } from '@gongdan/testing';
import { HOUR, SlaService } from './sla-service.js';

const DAY = 24 * HOUR;

describe('a clock whose firing fails', () => {
  let s: SlaService;
  beforeAll(async () => {
    s = await SlaService.start();
  });
  afterAll(() => s.close());

  it('stops no other clock, is counted, retried with a back-off, and fires once when its fault is mended', async () => {
    const { database } = s.service.running.app;
    // Recording the due events of these tickets fails, whatever sla does.
    await database.run('create table on_fire (ticket_id uuid primary key)');
    await database.run(`create function burn() returns trigger language plpgsql as $$ begin
      if new.name in ('sla.clock-warned', 'sla.clock-breached') and exists (select from on_fire f where f.ticket_id = new.ticket_id)
      then raise 'the disk is on fire'; end if; return new; end $$`);
    await database.run('create trigger burn before insert on ticket_event for each row execute function burn()');
    const failing = [await s.cityTicket(plusMs(s.now, -HOUR)), await s.cityTicket(plusMs(s.now, -HOUR))];
    for (const ticket of failing) await database.run('insert into on_fire values ($1::uuid)', [ticket]);
    const others: string[] = [];
    for (let n = 0; n < 10; n++) others.push(await s.cityTicket(s.now));
    for (const ticket of [...failing, ...others])
      await eventually(async () => expect(await s.clocksOf(ticket)).toMatchObject([{ state: 'running' }]));

    await s.shift(30 * DAY);
    const fired = ['clock-started service', 'clock-warned service eighty-percent', 'clock-breached service'];
    await eventually(() => expect(others.map((t) => s.published(t))).toEqual(others.map(() => fired)));
    // Those that come due later do not wait either.
    const late = await s.cityTicket(plusMs(s.now, HOUR));
    await eventually(() => expect(s.published(late)).toEqual(fired));
    const metrics = async () => (await s.service.call('GET', '/metrics', { as: null })).text;
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
    await eventually(() => expect(failing.map((t) => s.published(t))).toEqual([fired, fired]));
    await eventually(async () => expect(await metrics()).toMatch(/^gongdan_clocks_failing\{.*\} 0$/m));
    expect(await database.rows('select 1 from clock_points')).toEqual([]);
    await s.shift(0);
  });
});
