import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CaseEvent, dispatch } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { type TestAnswer, type TestService } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { aTicket, AT, startIntake, starter } from '../intake-service.js';
import { FollowCases } from '../../src/use-cases/tickets/follow-cases.js';
import { idOfTicket, times, ticketDesk } from './ticket-desk.js';

describe('registered tickets', () => {
  let s: TestService;
  beforeAll(async () => {
    s = await startIntake({ acme: starter, other: starter });
  });
  afterAll(() => s.close());
  const { post, get, accepted } = ticketDesk(() => s);

  describe('amending', () => {
    it('an amendment is possible until a person takes the ticket, and again when it is back in a queue (P33)', async () => {
      const id = idOfTicket(await post());
      const first = await s.call('PATCH', `/v1/tickets/${id}`, {
        body: { title: 'corrected', place: { area: 'Pudong' } },
        headers: { 'if-match': '"v1"' },
      });
      expect(first.body).toMatchObject({ version: 2, title: 'corrected', place: { area: 'Pudong' }, description: 'since Monday' });
      expect(first.headers.get('etag')).toBe('"v2"');
      await eventually(() => expect(s.emitted(id).map((e) => [e.seq, e.name])).toEqual([[1, 'intake.ticket-registered'], [2, 'intake.ticket-amended']])); // prettier-ignore
      expect(s.emitted(id)[1]?.data).toEqual({ title: 'corrected', place: { area: 'Pudong' }, amendedAt: expect.any(String) });
      await accepted(id);
      await eventually(async () =>
        expect((await get(`/v1/tickets/${id}`)).body).toMatchObject({ state: 'taken', case: { state: 'accepted', unit: 'network' } }),
      );
      const late = await s.call('PATCH', `/v1/tickets/${id}`, { body: { title: 'too late' } });
      expect(late.body).toMatchObject({ status: 409, code: 'intake/already-taken' });
      await s.deliver(
        dispatch.TicketReturned.of({
          org: 'acme',
          ticketId: id,
          occurredAt: AT,
          data: {
            case: dispatch.caseOfOneTask({ step: 'triage', state: 'received', version: 3 }),
            at: AT,
            fromUnit: 'network',
            reason: 'not ours',
            count: 1,
          },
        }),
      );
      await eventually(async () =>
        expect((await s.call('PATCH', `/v1/tickets/${id}`, { body: { title: 'in time again' } })).status).toBe(200),
      );
    });

    it('an amendment is refused with the current ticket when If-Match is stale, so that one of two writers succeeds', async () => {
      const id = idOfTicket(await post());
      const both = await times(2, (i) =>
        s.call('PATCH', `/v1/tickets/${id}`, { body: { title: `writer ${i}` }, headers: { 'if-match': '"v1"' } }),
      );
      expect(new Set(both.map((a) => a.status))).toEqual(new Set([200, 409]));
      const lost = both.find((a) => a.status === 409);
      const won = both.find((a) => a.status === 200);
      expect(lost?.body).toMatchObject({ code: 'intake/stale-version', current: { id, version: 2, title: won?.body['title'] } });
      expect((await s.call('POST', `/v1/tickets/${id}/withdraw`, { body: { reason: 'x' }, headers: { 'if-match': '"v1"' } })).status).toBe(
        409,
      );
      expect((await s.call('PATCH', `/v1/tickets/${id}`, { body: { title: 'x' }, headers: { 'if-match': '*' } })).status).toBe(200);
    });

    it('raises the ETag with each change of title, priority, place and contact', async () => {
      const id = idOfTicket(await post());
      const changes = [{ title: 'y' }, { priority: 'urgent' }, { place: { area: 'Pudong' } }, { contact: { phone: '13800135679' } }];
      for (const [i, body] of changes.entries()) {
        const changed = await s.call('PATCH', `/v1/tickets/${id}`, { body, headers: { 'if-match': `"v${i + 1}"` } });
        expect([changed.status, changed.headers.get('etag')]).toEqual([200, `"v${i + 2}"`]);
        expect((await get(`/v1/tickets/${id}`)).headers.get('etag')).toBe(`"v${i + 2}"`);
      }
    });

    it('an amendment is refused when it leaves out what the pack requires', async () => {
      const id = idOfTicket(await post());
      const incomplete = await s.call('PATCH', `/v1/tickets/${id}`, { body: { contact: { name: '李雷' }, category: 'nonsense' } });
      expect(incomplete.body).toMatchObject({
        status: 422,
        code: 'intake/not-in-pack',
        errors: [{ pointer: '/category' }, { pointer: '/contact/phone' }],
      });
      expect(s.emitted(id).filter((e) => e.name !== 'intake.ticket-registered')).toEqual([]);
    });
  });

  it('withdraws a ticket once, publishes it, and keeps it withdrawn although the case moves later', async () => {
    const id = idOfTicket(await post());
    const done = await s.call('POST', `/v1/tickets/${id}/withdraw`, { body: { reason: 'solved itself' } });
    expect([done.status, done.body['state'], done.headers.get('etag')]).toEqual([200, 'withdrawn', '"v2"']);
    await eventually(() => expect(s.emitted(id).map((e) => e.name)).toEqual(['intake.ticket-registered', 'intake.ticket-withdrawn']));
    expect((await s.call('POST', `/v1/tickets/${id}/withdraw`, { body: { reason: 'again' } })).body).toMatchObject({
      status: 409,
      code: 'intake/illegal-move',
    });
    expect((await s.call('PATCH', `/v1/tickets/${id}`, { body: { title: 'x' } })).body).toMatchObject({
      status: 409,
      code: 'intake/already-taken',
    });
    await accepted(id);
    await eventually(async () =>
      expect((await get(`/v1/tickets/${id}`)).body).toMatchObject({ state: 'withdrawn', case: { state: 'accepted' } }),
    );
  });

  describe('an event of a case', () => {
    const at = (state: 'dispatched' | 'accepted' | 'closed' | 'cancelled' | 'received' | 'unroutable', unit?: string) => ({
      case: dispatch.caseOfOneTask({ step: 'x', state, version: 2, unit }),
      at: AT,
    });
    const about = (ticketId: string) => ({ org: 'acme', ticketId, occurredAt: AT });
    const view = async (id: string) => (await get(`/v1/tickets/${id}`)).body;
    const dispatched = (id: string, unit = 'network') =>
      s.deliver(
        dispatch.TicketDispatched.of({
          ...about(id),
          data: { ...at('dispatched', unit), decision: newId(), rule: 'r', why: 'routed', hop: 1 },
        }),
      );
    const withdraw = (id: string, headers: Record<string, string> = {}) =>
      s.call('POST', `/v1/tickets/${id}/withdraw`, { body: { reason: 'x' }, headers });

    it('raises the version, so that a withdrawal decided on an older state is refused (docs/adr/0013)', async () => {
      const id = idOfTicket(await post());
      await accepted(id);
      await eventually(async () => expect(await view(id)).toMatchObject({ state: 'taken', version: 2 }));
      expect((await withdraw(id, { 'if-match': '"v1"' })).body).toMatchObject({
        status: 409,
        code: 'intake/stale-version',
        current: { state: 'taken', version: 2 },
      });
      expect((await withdraw(id, { 'if-match': '"v2"' })).body).toMatchObject({ state: 'withdrawn', version: 3 });
    });

    it('ends a withdrawal that came too late when the ticket is opened again', async () => {
      const id = idOfTicket(await post());
      await accepted(id);
      await eventually(async () => expect(await view(id)).toMatchObject({ state: 'taken' }));
      expect((await withdraw(id)).status).toBe(200);
      await s.deliver(dispatch.TicketClosed.of({ ...about(id), data: at('closed', 'network') }));
      await eventually(async () => expect(await view(id)).toMatchObject({ state: 'withdrawn', case: { state: 'closed' } }));
      await s.deliver(dispatch.TicketReopened.of({ ...about(id), data: { ...at('received', 'network'), reason: 'again', count: 1 } }));
      await dispatched(id);
      await eventually(async () =>
        expect(await view(id)).toMatchObject({ state: 'registered', case: { state: 'dispatched', unit: 'network' } }),
      );
      expect((await withdraw(id)).body).toMatchObject({ state: 'withdrawn' });
      await s.deliver(dispatch.TicketCancelled.of({ ...about(id), data: { ...at('cancelled', 'network'), reason: 'x' } }));
      await eventually(async () => expect(await view(id)).toMatchObject({ state: 'withdrawn', case: { state: 'cancelled' } }));
    });

    it('costs one statement for a batch, however many tickets and events it has', async () => {
      const { nest, database } = s.running.app;
      const ids = await times(20, async () => idOfTicket(await post()));
      const events = [1, 2].flatMap((seq) =>
        ids.map((id) => ({ ...dispatch.TicketAccepted.of({ ...about(id), data: at('accepted', 'network') }), seq })),
      );
      const spent = async (): Promise<number> => {
        const before = database.statements;
        await database.transaction((tx) => nest.get(FollowCases).run(tx, events as unknown as CaseEvent[]));
        return database.statements - before;
      };
      // Begin, the statement, commit. Pollers use the same counter, so the least of several runs counts.
      const runs = [await spent(), await spent(), await spent(), await spent(), await spent()];
      expect(Math.min(...runs)).toBe(3);
    });

    it('changes class, text and place as dispatch tells, in one batch, and removes what dispatch removed', async () => {
      const id = idOfTicket(await post());
      const now = at('accepted', 'network');
      const first = { from: { category: 'network' }, to: { category: 'billing', item: 'plan-a' } };
      const second = { from: { item: 'plan-a', priority: 'x' }, to: { priority: 'important' } };
      await s.deliver(dispatch.TicketClassified.of({ ...about(id), data: { ...now, ...first } }));
      await s.deliver(dispatch.TicketClassified.of({ ...about(id), data: { ...now, ...second } }));
      await s.deliver(dispatch.TicketCorrected.of({ ...about(id), data: { ...now, title: 'Line cut', place: { address: 'Lane 3' } } }));
      await eventually(async () =>
        expect(await view(id)).toMatchObject({
          category: 'billing',
          priority: 'important',
          title: 'Line cut',
          place: { address: 'Lane 3' },
        }),
      );
      expect((await view(id)) as object).not.toMatchObject({ item: 'plan-a' });
    });

    it('keeps the unit of a ticket whose case is closed', async () => {
      const id = idOfTicket(await post());
      await dispatched(id);
      await eventually(async () => expect(await view(id)).toMatchObject({ case: { unit: 'network' } }));
      await s.deliver(dispatch.TicketClosed.of({ ...about(id), data: at('closed') }));
      await eventually(async () => expect(await view(id)).toMatchObject({ state: 'closed', case: { state: 'closed', unit: 'network' } }));
    });

    it('removes the unit from a ticket that becomes unroutable', async () => {
      const id = idOfTicket(await post());
      await dispatched(id);
      await eventually(async () => expect(await view(id)).toMatchObject({ case: { unit: 'network' } }));
      await s.deliver(dispatch.TicketUnroutable.of({ ...about(id), data: { ...at('unroutable'), decision: newId() } }));
      await eventually(async () =>
        expect(await view(id)).toMatchObject({ state: 'registered', case: { state: 'unroutable', unit: null } }),
      );
    });

    it('lets the ticket be corrected after a transfer to a queue, and not after one to a person (P33)', async () => {
      const id = idOfTicket(await post());
      const transferred = (state: 'dispatched' | 'accepted') =>
        s.deliver(
          dispatch.TicketTransferred.of({ ...about(id), data: { ...at(state, 'network'), fromUnit: 'billing', reason: 'theirs' } }),
        );
      await accepted(id);
      await transferred('dispatched');
      await eventually(async () => expect(await view(id)).toMatchObject({ state: 'registered' }));
      await transferred('accepted');
      await eventually(async () => expect(await view(id)).toMatchObject({ state: 'taken' }));
    });
  });

  it('answers for a ticket of another organisation exactly as for one that does not exist', async () => {
    const foreign = idOfTicket(await post());
    const visible = (a: TestAnswer) => ({
      status: a.status,
      body: { ...a.body, correlationId: '', instance: '' },
      headers: [...a.headers].filter(([name]) => !['date', 'x-correlation-id'].includes(name)),
    });
    const routes: [string, string, object | undefined][] = [['GET', '', undefined], ['PATCH', '', { title: 'x' }], ['PATCH', '', {}], ['POST', '/withdraw', { reason: 'x' }], ['GET', '/links', undefined], ['POST', '/links', { kind: 'child', to: newId() }], ['DELETE', `/links/${newId()}`, undefined]]; // prettier-ignore
    for (const [method, tail, body] of routes) {
      const ask = (id: string) =>
        s.call(method, `/v1/tickets/${id}${tail}`, { as: { org: 'other' }, headers: { 'if-match': '"v9"' }, ...(body && { body }) });
      expect(visible(await ask(foreign))).toEqual(visible(await ask(newId())));
    }
    expect((await get(`/v1/tickets/${foreign}`, 'other')).body).toMatchObject({ status: 404, code: 'intake/no-such-ticket' });
    expect(s.emitted(foreign).map((e) => e.name)).not.toContain('intake.ticket-withdrawn');
  });

  it('refuses a request without a token or without the right', async () => {
    expect((await s.call('POST', '/v1/tickets', { as: null, body: aTicket() })).body).toMatchObject({
      status: 401,
      code: 'platform/no-token',
    });
    expect((await s.call('POST', '/v1/tickets', { as: { roles: ['analyst'] }, body: aTicket() })).body).toMatchObject({
      status: 403,
      code: 'platform/no-right',
    });
  });
});
