import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dispatch } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { type TestService } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { aTicket, AT, numbered, publish, startIntake } from '../intake-service.js';
import { idOfTicket, ticketDesk } from './ticket-desk.js';

type Cause = { kind: 'action' | 'reaction' | 'start'; key: string; depth: number };

describe('what a process asks of intake', () => {
  let s: TestService;
  beforeAll(async () => {
    s = await startIntake();
    await publish(s, 'acme', numbered('night', 'N{seq:5}', true));
  });
  afterAll(() => s.close());

  const { post, get } = ticketDesk(() => s);
  const ticket = async (more: object = {}) => idOfTicket(await post(aTicket(more)));

  async function ask(ticketId: string, kind: 'register' | 'link', body: Record<string, unknown>, cause?: Cause): Promise<string> {
    const id = newId();
    const position = dispatch.caseOfOneTask({ step: 'handle', state: 'accepted', unit: 'network', version: 2 });
    const data = { case: position, at: AT, id, kind, body, ...(cause === undefined ? {} : { cause }) };
    await s.deliver(dispatch.RequestAsked.of({ org: 'acme', ticketId, occurredAt: AT, data }));
    return id;
  }
  const answers = (ticketId: string) => s.emitted(ticketId).filter((e) => e.name === 'intake.request-answered');
  const answerTo = (ticketId: string, id: string): Promise<Record<string, unknown>> =>
    eventually(() => {
      const data = answers(ticketId).find((e) => (e.data as { id: string }).id === id)?.data;
      expect(data).toBeDefined();
      return data as Record<string, unknown>;
    });
  const newTicket = async (ticketId: string, id: string): Promise<string> =>
    ((await answerTo(ticketId, id))['ticket'] as { id: string }).id;

  it('a new ticket is registered once with what is copied, linked to the first, and answered with its number', async () => {
    const place = { address: '人民路 1 号', area: '朝阳区' };
    const first = await ticket({ place, priority: 'urgent' });
    const id = await ask(first, 'register', { copies: ['contact', 'place', 'text', 'evidence'], link: 'second-dispatch' });
    const answer = await answerTo(first, id);
    expect(answer).toMatchObject({ id, kind: 'register', state: 'done', ticket: { number: expect.stringMatching(/^GD/) } });
    const second = await newTicket(first, id);
    expect((await get(`/v1/tickets/${second}`)).body).toMatchObject({
      type: 'complaint',
      category: 'network',
      priority: 'urgent',
      title: 'No signal at home',
      description: 'since Monday',
      place,
      contact: { name: '李*', phone: '138****5678' },
      number: (answer['ticket'] as { number: string }).number,
    });
    await eventually(() =>
      expect(s.emitted(second)).toMatchObject([
        { name: 'intake.ticket-registered', data: { hasEmail: true, cause: { depth: 0 } } },
        { name: 'intake.ticket-linked', data: { kind: 'second-dispatch', end: 'from', as: 'second-dispatch-of', other: { id: first } } },
      ]),
    );
    expect(s.emitted(first).map((e) => e.name)).toEqual(['intake.ticket-registered', 'intake.ticket-linked', 'intake.request-answered']);
    const links = (await get(`/v1/tickets/${first}/links`)).body['items'];
    expect(links).toMatchObject([{ as: 'second-dispatch', ticket: { id: second } }]);
    // The public status opens the contact, which is sealed for the new ticket.
    const { number } = answer['ticket'] as { number: string };
    expect((await s.call('GET', `/v1/public/acme/tickets/${number}?tail=5678`, { as: null })).status).toBe(200);
  });

  it('takes words and values of the request before those of the asking ticket, and nothing that is not asked for', async () => {
    const first = await ticket({ place: { area: '朝阳区' } });
    const title = `  What the inspector\nfound ${'x'.repeat(400)}`;
    const second = await newTicket(
      first,
      await ask(first, 'register', { type: 'suggestion', category: 'other', title, copies: ['contact'] }),
    );
    const { body } = await get(`/v1/tickets/${second}`);
    expect(body).toMatchObject({ type: 'suggestion', category: 'other', description: '', place: null, contact: { name: '李*' } });
    expect(String(body['title'])).toMatch(/^What the inspector found x+$/);
    expect(String(body['title'])).toHaveLength(300);
  });

  it('registers in another pack with its numbers, and many at once without a gap', async () => {
    const first = await ticket();
    const body = { pack: 'night', type: 'complaint', category: 'network', copies: ['contact'] };
    const ids = await Promise.all(Array.from({ length: 4 }, () => ask(first, 'register', body)));
    const numbers = await Promise.all(ids.map(async (id) => ((await answerTo(first, id))['ticket'] as { number: string }).number));
    expect(numbers.sort()).toEqual(['N00001', 'N00002', 'N00003', 'N00004']);
  });

  it.each([
    ['a pack that is not in force', 'register', { pack: 'nowhere' }, 'intake/no-pack', /nowhere/],
    ['a word that the pack does not have', 'register', { category: 'moon' }, 'intake/not-in-pack', /\/category 'moon' is not in the pack/],
    ['a value of the wrong kind', 'register', { category: 7 }, 'intake/invalid-request', /\/category/],
    ['a text that is too long', 'register', { attributes: { x: 'y'.repeat(3000) } }, 'intake/not-in-pack', /attributes/],
    ['a contact that is required and not copied', 'register', { copies: ['place'] }, 'intake/not-in-pack', /\/contact\/phone is required/],
    ['words of another pack', 'register', { pack: 'night' }, 'intake/not-in-pack', /\/type is required/],
    ['a link to nobody', 'link', { kind: 'child', to: newId() }, 'intake/no-such-ticket-to-link', /no such ticket/],
    ['a link without an end', 'link', { kind: 'child' }, 'intake/invalid-request', /\/to/],
    ['a link of no kind', 'link', { kind: 'Child!', to: newId() }, 'intake/invalid-request', /\/kind/],
  ] as const)('refuses %s with a code, and writes nothing else', async (_, kind, body, code, reason) => {
    const first = await ticket();
    const answer = await answerTo(first, await ask(first, kind, body));
    expect(answer).toMatchObject({ state: 'refused', code, reason: expect.stringMatching(reason) });
    expect(answer).not.toHaveProperty('ticket');
    expect(s.emitted(first).map((e) => e.name)).toEqual(['intake.ticket-registered', 'intake.request-answered']);
  });

  it('links by id or number; a link that exists is done, one the other way round is refused', async () => {
    const [a, b] = [await ticket(), await ticket()];
    const { number } = (await get(`/v1/tickets/${b}`)).body;
    expect(await answerTo(a, await ask(a, 'link', { kind: 'incident', to: number }))).toMatchObject({
      state: 'done',
      ticket: { id: b, number },
    });
    expect(await answerTo(a, await ask(a, 'link', { kind: 'incident', to: b }))).toMatchObject({ state: 'done' });
    expect(await answerTo(b, await ask(b, 'link', { kind: 'incident', to: a }))).toMatchObject({
      state: 'refused',
      code: 'intake/already-linked',
    });
    expect(await answerTo(a, await ask(a, 'link', { kind: 'incident', to: a }))).toMatchObject({ code: 'intake/linked-to-itself' });
    expect((await get(`/v1/tickets/${a}/links`)).body['items']).toHaveLength(1);
    expect(s.emitted(b).filter((e) => e.name === 'intake.ticket-linked')).toHaveLength(1);
  });

  it('carries the depth of the chain on, and refuses the ninth', async () => {
    const first = await ticket();
    const cause = (kind: Cause['kind'], depth: number): Cause => ({ kind, key: 'x', depth });
    const id = await ask(first, 'register', { link: 'child', copies: ['contact'] }, cause('reaction', 8));
    expect(await answerTo(first, id)).toMatchObject({ state: 'done', cause: { depth: 8 } });
    const second = await newTicket(first, id);
    await eventually(() =>
      expect(s.emitted(second)).toMatchObject([
        { data: { cause: { depth: 8 } } },
        { name: 'intake.ticket-linked', data: { cause: { depth: 8 } } },
      ]),
    );
    // A ticket that registers another one when it starts counts as one more.
    const ninth = await answerTo(second, await ask(second, 'register', { copies: ['contact'] }, cause('start', 8)));
    expect(ninth).toMatchObject({ state: 'refused', code: 'intake/chain-too-long' });
    expect(await answerTo(first, await ask(first, 'register', { copies: ['contact'] }, cause('start', 3)))).toMatchObject({
      state: 'done',
      cause: { depth: 4 },
    });
  });

  it('leaves requests to other services alone', async () => {
    const first = await ticket();
    const position = dispatch.caseOfOneTask({ step: 'handle', state: 'accepted', unit: 'network', version: 2 });
    const data = { case: position, at: AT, id: newId(), kind: 'extend' as const, body: { clock: 'x' } };
    await s.deliver(dispatch.RequestAsked.of({ org: 'acme', ticketId: first, occurredAt: AT, data }));
    await answerTo(first, await ask(first, 'register', {}));
    expect(answers(first)).toHaveLength(1);
  });
});
