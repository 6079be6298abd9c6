import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { plusMs } from '@gongdan/kernel';
import { TestService } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { dispatch } from '../../src/dispatch.module.js';
import { DispatchService } from '../dispatch-service.js';
import { processPack, publish } from '../own-packs.js';

const DAY = 86_400_000;
const KEY = 'p30-fault-and-incidents';
const { json: pack } = processPack(KEY);

/** Sleeping tasks wake by the time of the database, with two replicas and everything delivered twice. */
describe('sleeping tasks', () => {
  let s: DispatchService;
  let replica: TestService;
  beforeAll(async () => {
    s = await DispatchService.start();
    replica = await TestService.start(dispatch, { bus: s.service.bus, database: s.service.database });
    await publish(s.service, pack, { 'call-centre': undefined, 'service-desk': 'call-centre', 'second-line': 'call-centre' });
  });
  afterAll(async () => {
    await replica.close();
    await s.service.close();
  });

  const database = () => s.service.running.app.database;
  const bo = { id: 'bo', roles: ['handler'], units: ['second-line'] };
  const act = async (ticketId: string, action: string, body: object = {}) => {
    const answer = await s.service.call('POST', `/v1/cases/${ticketId}/actions/${action}`, { as: bo, body });
    expect([action, answer.status, answer.text]).toEqual([action, 200, expect.anything()]);
  };
  const fault = async () => {
    const ticketId = await s.ticket({ pack: { key: KEY, version: 1 }, type: 'fault', category: 'website', priority: 'medium' });
    await act(ticketId, 'take');
    return ticketId;
  };
  const points = (ticketId: string) =>
    database().rows('select task, gen, due_at as "dueAt" from due_tasks where ticket_id = $1', [ticketId]);
  const named = (ticketId: string, name: string) => s.service.emitted(ticketId).filter((e) => e.name === `dispatch.${name}`);
  const shift = async (offsetMs: number) => {
    for (const one of [s.service, replica]) expect((await one.call('PUT', '/v1/clock', { body: { offsetMs } })).status).toBe(200);
  };
  /** A task that is due at the same time: when it has woken, any other that is due would have woken too. */
  const witness = async () => {
    const ticketId = await fault();
    await act(ticketId, 'ask-customer', { text: 'Which browser?' });
    return () => eventually(() => expect(named(ticketId, 'task-woke')).toHaveLength(1));
  };

  it('is not in the queue while it sleeps: it is listed apart with the instant at which it comes back', async () => {
    const ticketId = await fault();
    await act(ticketId, 'ask-customer', { text: 'Which browser?' });
    const pool = 'update open_tasks set person = null where ticket_id = $1 returning unit';
    const [{ unit }] = (await database().rows(pool, [ticketId])) as [{ unit: string }];
    const listed = async (query: string) => {
      const { body } = await s.service.call('GET', `/v1/queues/${unit}?limit=200${query}`);
      return (body['items'] as { ticketId: string; sleepsUntil: string | null }[]).filter((t) => t.ticketId === ticketId);
    };
    expect([await listed(''), await listed('&sleeping=true')]).toMatchObject([[], [{ sleepsUntil: expect.any(String) }]]);
  });

  it('wakes a task once when its time has come, and ends the wait for the customer', async () => {
    const ticketId = await fault();
    await act(ticketId, 'ask-customer', { text: 'Which browser?' });
    await eventually(() => expect(named(ticketId, 'task-slept')).toHaveLength(1));
    const [slept] = named(ticketId, 'task-slept');
    const { until = '' } = (slept?.data ?? {}) as { until?: string };
    expect(until).toBe(plusMs(slept?.occurredAt ?? '', 2 * DAY));
    expect(await points(ticketId)).toMatchObject([{ gen: 1, dueAt: until }]);
    await shift(DAY);
    expect(await points(ticketId)).toHaveLength(1);
    await shift(3 * DAY);
    await eventually(() => expect(named(ticketId, 'task-woke')).toHaveLength(1));
    const woke = named(ticketId, 'task-woke')[0];
    expect((woke?.occurredAt ?? '') >= until).toBe(true);
    expect(named(ticketId, 'ticket-resumed')).toHaveLength(1);
    expect(await points(ticketId)).toEqual([]);
    // Work goes on, and the next sleep wakes too.
    await act(ticketId, 'ask-customer', { text: 'And which version?' });
    expect(await points(ticketId)).toMatchObject([{ gen: 2 }]);
    await shift(6 * DAY);
    await eventually(() => expect(named(ticketId, 'task-woke')).toHaveLength(2));
    await shift(0);
  });

  it('does not wake a task whose step ended while it slept', async () => {
    const ticketId = await fault();
    await act(ticketId, 'ask-customer', { text: 'Which browser?' });
    await act(ticketId, 'end-fault', { solution: 'The cable was replaced.', text: 'It works again.', withIncidents: false });
    expect(await points(ticketId)).toEqual([]);
    const woken = await witness();
    await shift(3 * DAY);
    await woken();
    expect(named(ticketId, 'task-woke')).toEqual([]);
    await shift(0);
  });

  it('sets a task aside whose waking fails, shows it to the operator, and wakes it once when the fault is mended', async () => {
    const metrics = async () => (await s.service.call('GET', '/metrics', { as: null })).text;
    const ticketId = await fault();
    await act(ticketId, 'ask-customer', { text: 'Which browser?' });
    await database().run('create table broken (ticket_id uuid)');
    await database().run(`create function break() returns trigger language plpgsql as $$ begin
      if new.name = 'dispatch.task-woke' and exists (select from broken b where b.ticket_id = new.ticket_id) then raise 'broken'; end if; return new; end $$`);
    await database().run('create trigger break before insert on ticket_event for each row execute function break()');
    await database().run('insert into broken values ($1)', [ticketId]);
    const woken = await witness();
    await shift(3 * DAY);
    await woken();
    await eventually(async () => expect(await metrics()).toMatch(/^gongdan_tasks_failing\{.*\} 1$/m));
    expect(named(ticketId, 'task-woke')).toEqual([]);
    expect(await metrics()).toMatch(/^gongdan_tasks_waiting\{.*\} 0$/m);
    await database().run('delete from broken');
    await eventually(() => expect(named(ticketId, 'task-woke')).toHaveLength(1));
    await shift(0);
  });

  it('moves the instant of a task that goes to sleep again, and wakes it at the later one alone', async () => {
    const ticketId = await fault();
    await act(ticketId, 'ask-customer', { text: 'Which browser?' });
    await shift(DAY);
    await act(ticketId, 'ask-customer', { text: 'Which browser, please?' });
    expect(await points(ticketId)).toMatchObject([{ gen: 2 }]);
    await shift(2.5 * DAY);
    expect(named(ticketId, 'task-woke')).toEqual([]);
    await shift(4 * DAY);
    await eventually(() => expect(named(ticketId, 'task-woke')).toHaveLength(1));
    await shift(0);
  });
});
