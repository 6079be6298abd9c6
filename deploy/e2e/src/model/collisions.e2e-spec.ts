import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@gongdan/kernel';
import { eventually } from '@gongdan/testing';
import { type Client, type Person, type Stack, untilQuiet } from 'gongdan';
import pg from 'pg';
import { type Told } from './checker/documents.js';
import { type Asked } from './checker/asked.js';
import { windowsOf } from './checker/judge-answers.js';
import { judgeLoads, loadsAt } from './checker/judge-loads.js';
import { People } from './checker/people.js';
import { Doors, type Reply } from './door.js';
import { dutyPack, UNITS } from './duty-pack.js';
import { type OrgHistory, readBus } from './history.js';
import { type Replicated, startReplicas } from './replicas.js';
import { judgeAll } from './run.js';
import { seeded } from './seeded.js';

const ORG = 'model-duty';
const ADMIN: Person = { id: 'duty-admin', org: ORG, roles: ['admin', 'pack-author'], units: [] };
const AGENT: Person = { id: 'duty-agent', org: ORG, roles: ['agent'], units: [] };
const CATEGORIES = ['service', 'billing', 'other'];

describe('three replicas when everybody comes at once', () => {
  let product: Replicated;
  let stack: Stack;
  let client: Client;
  let replicas: string[];
  let doors: Doors;
  const asked: Asked[] = [];
  const tickets: string[] = [];
  /** Version of the pack of the ticket that was registered last. */
  let newest = 0;
  const random = seeded(11);

  beforeAll(async () => {
    product = await startReplicas();
    ({ stack, client, replicas } = product);
    await fillDirectory();
    doors = new Doors(
      replicas.map((name) => stack.urlOf(name)),
      random,
      30_000,
    );
  });
  afterAll(async () => {
    doors.close();
    await product.stop();
  });

  /** The directory and the pack, once intake has heard both. */
  async function fillDirectory(): Promise<void> {
    const put = (path: string, body: unknown): Promise<unknown> => client.must('dispatch', 'PUT', path, { as: ADMIN, body });
    await put('/v1/packs/duty', dutyPack(1));
    for (const [unit, { people, capacity }] of Object.entries(UNITS)) {
      await put(`/v1/directory/units/${unit}`, { names: { 'zh-CN': unit, en: unit } });
      for (let i = 0; i < people; i++) {
        await put(`/v1/directory/people/${unit}${i}`, { name: `${unit}${i}` });
        await put(`/v1/directory/memberships/${unit}${i}?unit=${unit}`, { roles: ['handler'], capacity });
      }
    }
    await untilQuiet(client, 180_000, ['intake', 'dispatch']);
  }

  const peopleOf = (unit: keyof typeof UNITS): Person[] =>
    Array.from({ length: UNITS[unit].people }, (_, i) => ({ id: `${unit}${i}`, org: ORG, roles: [], units: [] }));

  /** Registers tickets, `atOnce` at a time. */
  async function registerAll(count: number, atOnce: number): Promise<void> {
    let left = count;
    const one = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const { id, pack } = await client.must<{ id: string; pack: { version: number } }>('intake', 'POST', '/v1/tickets', {
          as: AGENT,
          body: {
            pack: 'duty',
            type: 'complaint',
            category: CATEGORIES[left % 3],
            title: 'all at once',
            contact: { phone: '13800001111' },
          },
        });
        tickets.push(id);
        newest = Math.max(newest, pack.version);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, one));
  }

  /** Asks something of a random replica and remembers it for the judge. */
  async function ask(who: Person, path: string, ticketId: string, action: string, body: object = {}): Promise<Reply> {
    const a: Asked = { correlation: newId(), actor: who.id, ticketId, action, body: JSON.stringify(body), sent: Date.now() };
    asked.push(a);
    const reply = await doors.call('POST', path, await stack.token(who), body, { 'x-correlation-id': a.correlation });
    Object.assign(a, { answered: Date.now(), status: reply.status, code: reply.body['code'] });
    return reply;
  }
  const next = (who: Person, unit: string): Promise<Reply> => ask(who, `/v1/queues/${unit}/next`, '*', '*');
  const act = (who: Person, ticketId: string, action: string): Promise<Reply> =>
    ask(who, `/v1/cases/${ticketId}/actions/${action}`, ticketId, action);
  const ticketOf = (reply: Reply): string => (reply.body['case'] as { ticketId: string }).ticketId;

  async function told(): Promise<OrgHistory> {
    await untilQuiet(client, 120_000, ['intake', 'dispatch']);
    const org = (await readBus(stack.kafka)).get(ORG);
    if (org === undefined) throw new Error(`the bus tells nothing of ${ORG}`);
    return org;
  }

  function mustHold(org: OrgHistory): void {
    const streams: Told[][] = [...org.histories.values()].map((h) => h.told);
    expect(judgeAll(new Map([[ORG, org]]), asked)).toMatchObject({ problems: [], lost: [] });
    expect(judgeLoads(streams, new People(org.entries), new Set(Object.keys(UNITS)), windowsOf(asked))).toEqual([]);
    for (const [person, load] of loadsAt(streams)) {
      const unit = person.replace(/\d+$/, '') as keyof typeof UNITS;
      expect({ person, over: load > UNITS[unit].capacity }).toEqual({ person, over: false });
    }
  }

  it('gives 200 tickets that come at once to people below their capacity, and leaves the others in the pool', async () => {
    await registerAll(200, 40);
    await eventually(async () => expect((await told()).histories.size).toBe(200), 180_000);
    const org = await told();
    const last = [...org.histories.values()].map((h) => h.told.at(-1)?.data.case.lead?.holder);
    for (const unit of ['least', 'turns'] as const) {
      const held = last.filter((h) => h?.unit === unit && h.person !== undefined).length;
      expect({ unit, held }).toEqual({ unit, held: UNITS[unit].people * UNITS[unit].capacity });
    }
    expect(last.filter((h) => h?.unit === undefined)).toEqual([]);
    mustHold(org);
  });

  it('hands no task to two of fifty who pull at once, and nobody more than his capacity', async () => {
    const people = peopleOf('pool');
    const answers = await Promise.all([...people, ...people, ...people].map((p) => next(p, 'pool')));
    const handed = answers.flatMap((a) => (a.status === 200 ? [ticketOf(a)] : []));
    expect(new Set(handed).size).toBe(handed.length);
    const waiting = [...(await told()).histories.values()].filter((h) => h.registered.data['category'] === 'other');
    expect(handed.length).toBe(Math.min(waiting.length, 100));
    expect([...new Set(answers.filter((a) => a.status !== 200).map((a) => `${a.status} ${String(a.body['code'])}`))].sort()).toEqual(
      expect.arrayContaining(['404 dispatch/pool-empty']),
    );
    for (const a of answers) expect([200, 404, 409]).toContain(a.status);
    for (const a of answers) if (a.status === 409) expect(a.body['code']).toBe('dispatch/at-capacity');
    mustHold(await told());
  });

  it('keeps everybody within his capacity while tasks are finished, pulled, passed on and registered at the same time', async () => {
    const busy = async (who: Person, unit: string): Promise<void> => {
      for (let round = 0; round < 4; round++) {
        const pulled = (await Promise.all([next(who, unit), next(who, unit), next(who, unit)])).filter((a) => a.status === 200);
        const mine = await doors.call('GET', '/v1/tasks/mine', await stack.token(who));
        const held = ((mine.body['items'] ?? []) as { ticketId: string }[]).map((t) => t.ticketId);
        await Promise.all(
          [...new Set([...held, ...pulled.map(ticketOf)])]
            .slice(0, 2)
            .flatMap((id) => [act(who, id, 'finish'), act(who, id, random() < 0.5 ? 'finish' : 'pass-on')]),
        );
      }
    };
    await Promise.all([
      registerAll(60, 6),
      ...(['least', 'turns'] as const).flatMap((unit) => peopleOf(unit).map((p) => busy(p, unit))),
      ...peopleOf('pool')
        .slice(0, 10)
        .map((p) => busy(p, 'pool')),
    ]);
    await eventually(async () => expect((await told()).histories.size).toBe(260), 180_000);
    const org = await told();
    mustHold(org);
    // What routing reads of each person is what the streams tell.
    const db = new pg.Client({ connectionString: stack.databaseUrl('dispatch') });
    await db.connect();
    const rows = await db.query<{ person: string; open: number }>(`select person, open from person_loads where org = $1 and open <> 0`, [
      ORG,
    ]);
    await db.end();
    const streams = [...org.histories.values()].map((h) => h.told);
    expect(Object.fromEntries(rows.rows.map((r) => [r.person, r.open]))).toEqual(Object.fromEntries(loadsAt(streams)));
  });

  const publishAt = async (replica: string, body: Record<string, unknown>): Promise<Reply> =>
    new Doors([stack.urlOf(replica)], random, 30_000).call('PUT', '/v1/packs/duty', await stack.token(ADMIN), body);
  const inForce = async (): Promise<unknown[]> =>
    Promise.all(
      replicas.map(async (r) => {
        const { body } = await new Doors([stack.urlOf(r)], random).call('GET', '/v1/packs/duty', await stack.token(ADMIN));
        return (body['pack'] as { version?: number } | undefined)?.version ?? body['version'];
      }),
    );

  it('leaves the old version in force on all replicas when a broken pack is refused', async () => {
    const broken = dutyPack(
      2,
      (p) => void ((p['actions'] as Record<string, unknown>)['lose'] = { on: 'nowhere', by: 'holder', do: [{ go: 'gone' }] }),
    );
    const answers = await Promise.all(replicas.map((r) => publishAt(r, broken)));
    expect(answers.map((a) => a.status)).toEqual([400, 400, 400]);
    expect(await inForce()).toEqual([1, 1, 1]);
    await registerAll(3, 1);
    const begun = tickets.slice(-3);
    await eventually(async () => expect(await packsOf(begun)).toEqual([1, 1, 1]), 120_000);
  });

  const packsOf = async (ids: readonly string[]): Promise<unknown[]> => {
    const { histories } = await told();
    return ids.map((id) => histories.get(id)?.told.at(-1)?.data.case.pack.version);
  };

  it('takes one of two different packs that are published under one version at the same moment, and every replica serves that one', async () => {
    const titled = (i: number): Record<string, unknown> =>
      dutyPack(2, ({ steps }) => void Object.assign((steps as Record<string, object>)['waiting'] ?? {}, { names: { 'zh-CN': `待处理${i}`, en: `Waiting ${i}` } })); // prettier-ignore
    const answers = await Promise.all(replicas.map((r, i) => publishAt(r, titled(i))));
    const refusals = answers.filter((a) => a.status !== 201).map((a) => a.body);
    expect({ statuses: answers.map((a) => a.status).sort(), refusals }).toMatchObject({ statuses: [201, 409, 409] });
    expect(await inForce()).toEqual([2, 2, 2]);
    const steps = await Promise.all(
      replicas.map(async (r) =>
        JSON.stringify((await new Doors([stack.urlOf(r)], random).call('GET', '/v1/packs/duty', await stack.token(ADMIN))).body),
      ),
    );
    expect(new Set(steps).size).toBe(1);
  });

  it('lets each case finish on its version when another one is published under load (law 9)', async () => {
    // Intake hears of a version a moment later.
    do await registerAll(6, 2);
    while (newest < 2);
    let published = false;
    const load = (async (): Promise<void> => {
      while (!published || newest < 3) await registerAll(6, 6);
      await registerAll(12, 6);
    })();
    const pulling = (async (): Promise<void> => {
      while (!published)
        await Promise.all(
          peopleOf('pool')
            .slice(0, 8)
            .map((p) => next(p, 'pool')),
        );
    })();
    expect((await publishAt(replicas[1] ?? '', dutyPack(3))).status).toBe(201);
    published = true;
    await Promise.all([load, pulling]);
    await eventually(async () => expect((await told()).histories.size).toBe(tickets.length), 180_000);
    const org = await told();
    mustHold(org);
    // A case of an old version knows the old action and not the new one.
    const open = [...org.histories.values()].flatMap((h) => {
      const now = h.told.at(-1)?.data.case;
      const { unit = '', person = `${unit}0` } = now?.lead?.holder ?? {};
      return now?.phase === 'open' ? [{ id: h.ticketId, version: now.pack.version, person }] : [];
    });
    expect(new Set(open.map((h) => h.version))).toEqual(new Set([1, 2, 3]));
    for (const { id, version, person } of [1, 2, 3].flatMap((v) => open.filter((h) => h.version === v).slice(0, 8))) {
      const who = { id: person, org: ORG, roles: [], units: [] };
      const [own, foreign] = version === 1 ? ['finish', 'finish-3'] : [`finish-${version}`, 'finish'];
      expect({ version, foreign, status: (await act(who, id, foreign)).status }).toEqual({ version, foreign, status: 404 });
      expect({ version, own, status: (await act(who, id, own)).status }).toEqual({ version, own, status: 200 });
    }
    mustHold(await told());
  });
});
