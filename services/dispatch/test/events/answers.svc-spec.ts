import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { intake, sla } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { eventually } from '@gongdan/testing';
import { startTollDesk, type TollDesk } from './toll-desk.js';

const names = { 'zh-CN': '延时', en: 'extend' };
const more = {
  actions: {
    'ask-time': { names, on: 'queued', by: { role: 'supervisor', scope: 'any' }, do: [{ extend: { clock: 'resolve', by: '3d' } }] },
  },
  reactions: {
    'told-no': { on: 'dispatch.request-answered', when: { 'event.state': 'refused' }, do: [{ set: { 'ticket.title': 'no more time' } }] },
  },
};

describe('answers of other services', () => {
  let s: TollDesk['s'];
  let desk: TollDesk;
  beforeAll(async () => {
    desk = await startTollDesk(more);
    s = desk.s;
  });
  afterAll(() => s.service.close());

  const told: TollDesk['told'] = (ticketId, name) => desk.told(ticketId, name);
  async function asked(): Promise<{ ticket: string; id: string }> {
    const ticket = await desk.ticket();
    await desk.does(ticket, 'ask-time');
    await eventually(() => expect(told(ticket, 'request-asked')).toHaveLength(1));
    return { ticket, id: (told(ticket, 'request-asked').at(-1)?.data as { id: string } | undefined)?.id ?? '' };
  }
  const at = '2026-03-02T02:00:00.000Z';
  const answer = (
    ticketId: string,
    data: { id: string; state: 'done' | 'refused'; code?: string; cause?: { depth: number } },
    of = sla.RequestAnswered,
  ) => s.service.deliver(of.of({ org: 'acme', ticketId, occurredAt: at, data: { kind: 'extend', answeredAt: at, ...data } }));

  it('are told once under the id of the request, whoever answers twice, and a refusal can be reacted to', async () => {
    const { ticket, id } = await asked();
    await answer(ticket, { id: newId(), state: 'done' });
    await answer(ticket, { id, state: 'refused', code: 'sla/clock-not-running', cause: { depth: 2 } });
    await answer(ticket, { id, state: 'done' }, intake.RequestAnswered as never);
    await eventually(() =>
      expect(told(ticket, 'ticket-corrected')).toMatchObject([{ data: { title: 'no more time', cause: { kind: 'reaction', depth: 3 } } }]),
    );
    expect(told(ticket, 'request-answered').map((e) => e.data)).toMatchObject([
      { id, kind: 'extend', state: 'refused', code: 'sla/clock-not-running', cause: { kind: 'system', key: 'answer', depth: 2 } },
    ]);
  });

  it('a request is shown on the case, pending, refused with its code, or done with the ticket that it made', async () => {
    const requests = async (of: string) => (await s.see(of, { roles: ['supervisor'] })).body['requests'];
    const { ticket, id } = await asked();
    expect(await requests(ticket)).toEqual([{ id, kind: 'extend', cause: 'ask-time', state: 'pending', run: 1 }]);
    await answer(ticket, { id, state: 'refused', code: 'sla/clock-not-running' });
    await eventually(async () => expect(await requests(ticket)).toMatchObject([{ id, state: 'refused', code: 'sla/clock-not-running' }]));
    const other = await asked();
    const made = { id: newId(), number: 'GD1' };
    const data = { id: other.id, kind: 'register' as const, state: 'done' as const, ticket: made, answeredAt: at };
    await s.service.deliver(intake.RequestAnswered.of({ org: 'acme', ticketId: other.ticket, occurredAt: at, data }));
    await eventually(async () => expect(await requests(other.ticket)).toMatchObject([{ id: other.id, state: 'done', ticket: made }]));
    await eventually(() => expect(told(other.ticket, 'request-answered')).toMatchObject([{ data: { state: 'done', ticket: made } }]));
  });

  it('a request that was done is settled, and its answer leaves the version of the task alone', async () => {
    const { ticket, id } = await asked();
    await answer(ticket, { id, state: 'done' });
    await eventually(() => expect(told(ticket, 'request-answered')).toMatchObject([{ data: { id, state: 'done' } }]));
    expect(told(ticket, 'ticket-corrected')).toEqual([]);
    expect((await s.see(ticket, { roles: ['supervisor'] })).headers.get('etag')).toBe('"v1"');
  });

  it('the ninth reaction of a chain that went through sla is refused, and the request is settled', async () => {
    const { ticket, id } = await asked();
    await answer(ticket, { id, state: 'refused', code: 'sla/no-ledger', cause: { depth: 8 } });
    await eventually(() =>
      expect(told(ticket, 'reaction-refused')).toMatchObject([{ data: { reaction: 'told-no', cause: { depth: 9 } } }]),
    );
    expect([told(ticket, 'request-answered').length, told(ticket, 'ticket-corrected')]).toEqual([1, []]);
  });
});
