import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestPerson, TestService } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { dispatch } from '../../src/dispatch.module.js';
import { DispatchService } from '../dispatch-service.js';
import { processPack, put as putTo } from '../own-packs.js';

const KEY = 'p20-order-transfer';
const { json: pack } = processPack(KEY);
const PAST = '2026-03-01T00:00:00.000Z';
const ROLES: Readonly<Record<string, [unit: string, role: string]>> = {
  rao: ['finance', 'receiver'],
  rui: ['finance', 'receiver'],
  fang: ['finance', 'leader'],
  feng: ['finance', 'leader'],
  gu: ['network', 'receiver'],
  gao: ['network', 'leader'],
};

/** Two replicas take turns at the work. */
describe('tasks of leavers and closed units', () => {
  let s: DispatchService;
  let replica: TestService;
  let orgs = 0;
  beforeAll(async () => {
    s = await DispatchService.start();
    replica = await TestService.start(dispatch, { bus: s.service.bus, database: s.service.database });
  });
  afterAll(async () => {
    await replica.close();
    await s.service.close();
  });

  const database = () => s.service.running.app.database;
  const admin = (org: string): TestPerson => ({ id: 'boss', org, roles: ['admin'] });
  const put = (org: string, path: string, body: object) => putTo(s.service, `/v1/directory/${path}`, body, admin(org));
  const remove = async (org: string, path: string) =>
    expect((await s.service.call('DELETE', `/v1/directory/${path}`, { as: admin(org) })).status).toBe(204);
  const unit = (org: string, key: string, more: object = {}) =>
    put(org, `units/${key}`, { names: { 'zh-CN': key, en: key }, ...(key === 'hotline' ? {} : { parent: 'hotline' }), ...more });
  /** An organisation with the pack and its people. */
  const organisation = async () => {
    const org = `leave-${(orgs += 1)}`;
    await putTo(s.service, `/v1/packs/${KEY}`, pack, admin(org));
    for (const key of ['hotline', 'seats', 'review-centre', 'finance', 'network']) await unit(org, key);
    for (const [id, [of, role]] of Object.entries(ROLES)) {
      await put(org, `people/${id}`, { name: id });
      await put(org, `memberships/${id}?unit=${of}`, { roles: [role] });
    }
    return org;
  };
  const act = async (org: string, ticketId: string, id: string, action: string, body: object = {}, task?: number) => {
    const path = task === undefined ? '' : `/tasks/${task}`;
    const as = { id, org, roles: ['handler'] };
    const answer = await s.service.call('POST', `/v1/cases/${ticketId}${path}/actions/${action}`, { as, body });
    expect([action, answer.status, answer.text]).toEqual([action, 200, expect.anything()]);
  };
  /** A ticket in the pool of finance. */
  const pooled = (org: string) =>
    s.ticket(
      { pack: { key: KEY, version: 1 }, type: 'consultation', category: 'service', unit: 'seats', attributes: { department: 'finance' } },
      org,
    );
  /** A ticket whose lead rao holds. */
  const held = async (org: string) => {
    const ticketId = await pooled(org);
    await act(org, ticketId, 'rao', 'accept');
    return ticketId;
  };
  /** A ticket whose lead rao holds and waits for the approval that fang holds. */
  const approving = async (org: string) => {
    const ticketId = await held(org);
    await act(org, ticketId, 'rao', 'propose', { solution: 'Pay back.' });
    const [side] = await tasks(org, ticketId, false);
    await act(org, ticketId, 'fang', 'take', {}, side?.no);
    return ticketId;
  };
  const tasks = (org: string, ticketId: string, lead?: boolean) =>
    database().rows<{ no: number; unit: string | null; role: string | null; person: string | null; waits: string | null; step: string }>(
      'select no, unit, role, person, waits, step from open_tasks where org = $1 and ticket_id = $2 and ($3::boolean is null or lead = $3) order by no',
      [org, ticketId, lead ?? null],
    );
  const loads = (org: string) =>
    database().rows('select person, open from person_loads where org = $1 and open <> 0 order by person', [org]);
  const caused = (ticketId: string, key: string) =>
    s.service.emitted(ticketId).filter((e) => (e.data as { cause?: { kind: string; key: string } }).cause?.key === key);
  const worked = (org: string) =>
    eventually(async () => expect(await database().rows('select 1 from requeue_work where org = $1', [org])).toEqual([]));

  it('gives lead and side tasks of leavers to the pools of their unit, and tells it on the stream of the ticket', async () => {
    const org = await organisation();
    const ticketId = await approving(org);
    expect(await loads(org)).toEqual([
      { person: 'fang', open: 1 },
      { person: 'rao', open: 1 },
    ]);
    await put(org, 'people/rao', { name: 'rao', activeUntil: PAST });
    await remove(org, 'people/fang');
    await eventually(() => expect(caused(ticketId, 'leaver')).toHaveLength(2));
    const told = caused(ticketId, 'leaver');
    expect(told.find((e) => e.name === 'dispatch.ticket-transferred')?.data).toMatchObject({
      cause: { kind: 'bulk', key: 'leaver', depth: 0 },
      fromUnit: 'finance',
      fromPerson: 'rao',
      case: { lead: { holder: { unit: 'finance', waitsFor: { group: 'approval' } } } },
    });
    expect(told.find((e) => e.name === 'dispatch.task-assigned')?.data).toMatchObject({
      cause: { kind: 'bulk', key: 'leaver', depth: 0 },
      holder: { unit: 'finance', role: 'leader' },
      from: { unit: 'finance', role: 'leader', person: 'fang' },
    });
    expect(await tasks(org, ticketId)).toMatchObject([
      { step: 'sign-off', unit: 'finance', role: 'leader', person: null },
      { step: 'approving', unit: 'finance', person: null, waits: 'group:approval' },
    ]);
    expect(await loads(org)).toEqual([]);
    await worked(org);
    // Work goes on with others.
    const [side] = await tasks(org, ticketId, false);
    await act(org, ticketId, 'feng', 'take', {}, side?.no);
    await act(org, ticketId, 'feng', 'approve', {}, side?.no);
  });

  it('gives back what a person held for a unit that he is no member of any more, and nothing else', async () => {
    const org = await organisation();
    const ticketId = await held(org);
    await put(org, 'memberships/rao?unit=network', { roles: ['receiver'] });
    await remove(org, 'memberships/rao?unit=network');
    await worked(org);
    expect(caused(ticketId, 'leaver')).toEqual([]);
    await remove(org, 'memberships/rao?unit=finance');
    await eventually(() => expect(caused(ticketId, 'leaver')).toHaveLength(1));
    expect(await tasks(org, ticketId)).toMatchObject([{ unit: 'finance', person: null }]);
  });

  it('finds a person whose activeUntil passes, and a unit whose closedAt passes, by time', async () => {
    const org = await organisation();
    const ticketId = await held(org);
    const closing = await organisation();
    const pool = await pooled(closing);
    const soon = new Date(Date.now() + 1_500).toISOString();
    await put(org, 'people/rao', { name: 'rao', activeUntil: soon });
    await unit(closing, 'finance', { closedAt: soon, successor: 'network' });
    expect([...caused(ticketId, 'leaver'), ...caused(pool, 'unit-closed')]).toEqual([]);
    await eventually(() => expect([...caused(ticketId, 'leaver'), ...caused(pool, 'unit-closed')]).toHaveLength(2), 100_000);
    expect(await tasks(closing, pool)).toMatchObject([{ unit: 'network' }]);
    expect(await loads(org)).toEqual([]);
  });

  it('finds a person who was given a task by an action under way while his membership was removed', async () => {
    const org = await organisation();
    const ticketId = await pooled(org);
    // The action has read the directory and waits before its commit; the removal commits meanwhile.
    await database().run(`create function wait_for_removal() returns trigger language plpgsql as $$ begin
      if new.ticket_id = '${ticketId}' and new.name = 'dispatch.ticket-accepted' then
        while (select entry is not null from directory_entries where org = '${org}' and kind = 'membership' and id = 'rao finance') loop
          perform pg_sleep(0.01);
        end loop;
      end if; return new; end $$`);
    await database().run('create trigger wait_for_removal before insert on ticket_event for each row execute function wait_for_removal()');
    const accepting = act(org, ticketId, 'rao', 'accept');
    await eventually(async () =>
      expect(
        await database().rows("select 1 from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"),
      ).not.toEqual([]),
    );
    await remove(org, 'memberships/rao?unit=finance');
    await accepting;
    await database().run('drop trigger wait_for_removal on ticket_event');
    await eventually(() => expect(caused(ticketId, 'leaver')).toHaveLength(1), 100_000);
    expect(await tasks(org, ticketId)).toMatchObject([{ unit: 'finance', person: null }]);
    expect(await loads(org)).toEqual([]);
  });

  it('moves what a closed unit held to its successor', async () => {
    const org = await organisation();
    const [waiting, ticketId] = [await pooled(org), await approving(org)];
    await unit(org, 'finance', { closedAt: PAST, successor: 'network' });
    await eventually(() => expect([...caused(ticketId, 'unit-closed'), ...caused(waiting, 'unit-closed')]).toHaveLength(3));
    expect(await tasks(org, waiting)).toMatchObject([{ step: 'receiving', unit: 'network', role: 'receiver', person: null }]);
    expect(await tasks(org, ticketId)).toMatchObject([
      { step: 'sign-off', unit: 'network', role: 'leader', person: null },
      { step: 'approving', unit: 'network', person: null },
    ]);
    expect(caused(waiting, 'unit-closed')[0]).toMatchObject({ name: 'dispatch.ticket-transferred', data: { fromUnit: 'finance' } });
    expect(await loads(org)).toEqual([]);
  });

  it('makes the lead of a closed unit without a successor unroutable', async () => {
    const org = await organisation();
    const ticketId = await held(org);
    await unit(org, 'finance', { closedAt: PAST });
    await eventually(() => expect(caused(ticketId, 'unit-closed').map((e) => e.name)).toEqual(['dispatch.ticket-unroutable']));
    expect(await tasks(org, ticketId)).toMatchObject([{ step: 'unroutable', unit: null, person: null }]);
    expect(await loads(org)).toEqual([]);
    const as = { id: 'hu', org, roles: ['supervisor'] };
    expect((await s.service.call('POST', `/v1/cases/${ticketId}/route`, { as, body: { unit: 'network' } })).status).toBe(200);
    expect(await tasks(org, ticketId)).toMatchObject([{ step: 'proposing', unit: 'network' }]);
  });

  it('does work that is written down twice once, and goes on with other tickets when one fails', async () => {
    const org = await organisation();
    const poison = await held(org);
    const others = [await held(org), await held(org)];
    await database().run(`create function refuse_poison() returns trigger language plpgsql as $$ begin
      if new.ticket_id = '${poison}' then raise 'poison'; end if; return new; end $$`);
    await database().run('create trigger poison before update on open_tasks for each row execute function refuse_poison()');
    await put(org, 'people/rao', { name: 'rao', activeUntil: PAST });
    for (const id of others) await eventually(() => expect(caused(id, 'leaver')).toHaveLength(1));
    const metrics = async () => (await s.service.call('GET', '/metrics', { as: null })).text;
    await eventually(async () => expect(await metrics()).toMatch(/^gongdan_requeue_failing(\{.*\})? 1$/m));
    expect(await loads(org)).toEqual([{ person: 'rao', open: 1 }]);
    await database().run(
      `insert into requeue_work (org, ticket_id, task, cause, left_by, at)
       select org, ticket_id, no, 'leaver', 'rao', now() from open_tasks where ticket_id = any ($1)`,
      [others],
    );
    await database().run('drop trigger poison on open_tasks');
    await eventually(() => expect(caused(poison, 'leaver')).toHaveLength(1), 100_000);
    await worked(org);
    for (const id of others) expect(caused(id, 'leaver')).toHaveLength(1);
    expect(await loads(org)).toEqual([]);
  });
});
