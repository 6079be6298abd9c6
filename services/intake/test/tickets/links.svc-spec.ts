import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@gongdan/kernel';
import { type TestAnswer, type TestPerson, type TestService } from '@gongdan/messaging/testing';
import { eventually, scopeCallerId, scopeDirectory } from '@gongdan/testing';
import { aTicket, startIntake, starter } from '../intake-service.js';
import { idOfTicket, ticketDesk, times } from './ticket-desk.js';

const SCOPED = 'scoped';

describe('links of tickets', () => {
  let s: TestService;
  beforeAll(async () => {
    s = await startIntake({ acme: starter, other: starter, [SCOPED]: starter });
    for (const draft of scopeDirectory(SCOPED)) await s.deliver(draft);
  });
  afterAll(() => s.close());

  const { post } = ticketDesk(() => s);
  const ticket = async (org = 'acme', more: object = {}) => idOfTicket(await post(aTicket(more), {}, org));
  const link = (from: string, kind: string, to: string, key?: string, as: TestPerson = {}): Promise<TestAnswer> =>
    s.call('POST', `/v1/tickets/${from}/links`, {
      as,
      body: { kind, to },
      ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
    });
  const links = async (id: string, as: TestPerson = {}, query = ''): Promise<Record<string, unknown>[]> =>
    (await s.call('GET', `/v1/tickets/${id}/links${query}`, { as })).body['items'] as Record<string, unknown>[];
  const told = (id: string) => s.emitted(id).filter((e) => e.name.includes('linked'));

  it('are told by both tickets, each with its word for the other one, and read from both', async () => {
    const [incident, fault] = [await ticket(), await ticket()];
    const made = await link(incident, 'incident', fault);
    expect(made).toMatchObject({
      status: 201,
      body: { kind: 'incident', as: 'incident-of', ticket: { id: fault, title: 'No signal at home', state: 'registered' }, by: 'root' },
    });
    const id = made.body['id'];
    expect(await links(incident)).toMatchObject([{ id, as: 'incident-of', ticket: { id: fault } }]);
    expect(await links(fault)).toMatchObject([{ id, as: 'incident', ticket: { id: incident } }]);
    await eventually(() => {
      expect(told(incident)).toMatchObject([
        {
          name: 'intake.ticket-linked',
          actor: { id: 'root' },
          data: { link: id, kind: 'incident', end: 'from', as: 'incident-of', other: { id: fault } },
        },
      ]);
      expect(told(fault)).toMatchObject([{ data: { link: id, kind: 'incident', end: 'to', as: 'incident', other: { id: incident } } }]);
    });
  });

  it.each([
    ['parent', 'parent', 'child'],
    ['child', 'child', 'parent'],
    ['duplicate-of', 'duplicate-of', 'duplicate'],
  ])('the first ticket is a %s of the other: the other one calls it %s, and it calls the other one %s', async (kind, theirs, own) => {
    const [a, b] = [await ticket(), await ticket()];
    expect((await link(a, kind, b)).body).toMatchObject({ as: own });
    expect(await links(b)).toMatchObject([{ as: theirs }]);
  });

  it('a removed link is told by both tickets and is gone, and can be made again', async () => {
    const [a, b] = [await ticket(), await ticket()];
    const id = String((await link(a, 'child', b)).body['id']);
    const path = `/v1/tickets/${b}/links/${id}`;
    expect((await s.call('DELETE', `/v1/tickets/${await ticket()}/links/${id}`)).body).toMatchObject({
      status: 404,
      code: 'intake/no-such-link',
    });
    expect((await s.call('DELETE', path)).status).toBe(204);
    expect((await s.call('DELETE', path)).body).toMatchObject({ status: 404, code: 'intake/no-such-link' });
    expect([await links(a), await links(b)]).toEqual([[], []]);
    await eventually(() => {
      for (const one of [a, b])
        expect(told(one)).toMatchObject([{ data: { link: id } }, { name: 'intake.ticket-unlinked', data: { link: id, kind: 'child' } }]);
    });
    expect((await link(a, 'child', b)).status).toBe(201);
  });

  it('refuses a second link of the same kind in either direction, a ticket with itself, and a word that is no kind', async () => {
    const [a, b] = [await ticket(), await ticket()];
    const { id } = (await link(a, 'child', b)).body;
    for (const again of [await link(a, 'child', b), await link(b, 'parent', a), await link(b, 'child', a)])
      expect(again.body).toMatchObject({ status: 409, code: 'intake/already-linked', link: id });
    expect((await link(a, 'duplicate', b)).status).toBe(201);
    expect((await link(a, 'child', a)).body).toMatchObject({ status: 422, code: 'intake/linked-to-itself', errors: [{ pointer: '/to' }] });
    expect((await link(a, 'Child of', b)).body).toMatchObject({ status: 400, errors: [{ pointer: '/kind' }] });
    expect((await link(a, 'child', 'x')).body).toMatchObject({ status: 400, errors: [{ pointer: '/to' }] });
    await eventually(() => expect(told(a)).toHaveLength(2));
  });

  it('a repetition with the same key gets the first answer, of many at once too; another request with the key is refused', async () => {
    const [a, b] = [await ticket(), await ticket()];
    const all = await times(5, () => link(a, 'child', b, '"twice"'));
    expect(all.map((x) => x.status)).toEqual([201, 201, 201, 201, 201]);
    expect(new Set(all.map((x) => x.text)).size).toBe(1);
    expect(all.filter((x) => x.headers.get('idempotency-replayed') === 'true')).toHaveLength(4);
    await eventually(() => expect(told(a)).toHaveLength(1));
    expect((await link(a, 'duplicate', b, '"twice"')).body).toMatchObject({ status: 422, code: 'intake/idempotency-key-reused' });
    expect((await post(aTicket(), { 'idempotency-key': '"twice"' })).body).toMatchObject({
      status: 422,
      code: 'intake/idempotency-key-reused',
    });
  });

  it('has one direction for a kind, by whatever number of reverse words it is asked for', async () => {
    const [a, b] = [await ticket(), await ticket()];
    await link(a, 'child', b);
    await link(a, 'incident', b);
    for (const again of [await link(b, 'parent', a), await link(a, 'parent-of', b), await link(b, 'child-of', a)])
      expect(again.body).toMatchObject({ status: 409, code: 'intake/already-linked' });
    expect((await link(a, 'incident-of-of', b)).body).toMatchObject({ status: 409, code: 'intake/already-linked' });
    expect((await links(a)).map((l) => l['as'])).toEqual(['parent', 'incident-of']);
  });

  it('a repetition gets the first answer with the title as it is', async () => {
    const [a, b] = [await ticket(), await ticket('acme', { title: 'write @number@ on the form' })];
    const first = await link(a, 'child', b, '"title"');
    expect((await link(a, 'child', b, '"title"')).body).toEqual(first.body);
  });

  it('a key whose request was refused can be used again', async () => {
    const [a, b] = [await ticket(), await ticket()];
    expect((await link(a, 'child', newId(), '"later"')).status).toBe(422);
    expect((await link(a, 'child', b, '"later"')).status).toBe(201);
  });

  it('needs both tickets within reach, and lists only links with tickets within reach', async () => {
    const root = { id: 'root', org: SCOPED };
    const [billing, network] = [await ticket(SCOPED, { unit: 'billing' }), await ticket(SCOPED, { unit: 'network' })];
    await link(billing, 'child', network, undefined, root);
    const caller = (name: string) => ({ id: scopeCallerId(name), org: SCOPED, roles: [], units: [] });
    await eventually(async () => expect(await links(billing, root)).toHaveLength(1));
    expect(await links(billing, caller('handler of the unit'))).toEqual([]);
    const foreign = await ticket('other');
    expect((await link(billing, 'copy', foreign, undefined, root)).body).toMatchObject({
      status: 422,
      code: 'intake/no-such-ticket-to-link',
      errors: [{ pointer: '/to', detail: 'there is no such ticket' }],
    });
    const supervisor = { ...caller('supervisor of the unit'), roles: [] };
    expect((await link(billing, 'copy', network, undefined, supervisor)).status).toBe(422);
    expect((await link(network, 'copy', billing, undefined, supervisor)).status).toBe(404);
  });

  it('come in pages, oldest first', async () => {
    const fault = await ticket();
    const made: unknown[] = [];
    for (let i = 0; i < 3; i++) made.push((await link(await ticket(), 'incident', fault)).body['id']);
    const first = await s.call('GET', `/v1/tickets/${fault}/links?limit=2`);
    expect((first.body['items'] as { id: string }[]).map((l) => l.id)).toEqual(made.slice(0, 2));
    expect((await links(fault, {}, `?limit=2&cursor=${String(first.body['next'])}`)).map((l) => l['id'])).toEqual(made.slice(2));
  });
});
