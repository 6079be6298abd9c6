import { type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type dispatch, intake } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { eventually, StatementCounter } from '@gongdan/testing';
import { DispatchService } from '../dispatch-service.js';

const later = '2026-03-02T02:00:00.000Z';

describe('cases', () => {
  let s: DispatchService;
  beforeAll(async () => {
    s = await DispatchService.start();
  });
  afterAll(() => s.service.close());

  it.each(['half \ud800 a pair', 'NUL \u0000'])('refuses a note that no service could store: %j', async (text) => {
    const id = await s.ticket();
    expect((await s.act(id, 'wang', 'note', { text })).body).toMatchObject({
      status: 422,
      code: 'dispatch/invalid-fields',
      errors: [{ pointer: '/text' }],
    });
    expect((await s.see(id)).body).toMatchObject({ version: 1 });
  });

  it('takes a ticket from the queue to the close and publishes each step once', async () => {
    const id = await s.ticket({ priority: 'urgent' });
    const queue = await s.service.call('GET', '/v1/queues/billing', { as: s.person('wang') });
    expect((queue.body['items'] as object[])[0]).toMatchObject({
      ticketId: id,
      priority: 'urgent',
      state: 'dispatched',
      unit: 'billing',
      holder: null,
    });
    expect((await s.act(id, 'wang', 'accept')).body).toMatchObject({
      state: 'accepted',
      holder: 'wang',
      version: 2,
      actions: expect.arrayContaining(['reply', 'return', 'transfer']),
    });
    expect((await s.service.call('GET', '/v1/tasks/mine', { as: s.person('wang') })).body).toMatchObject({
      items: [{ ticketId: id }],
      next: null,
    });
    expect((await s.act(id, 'wang', 'reply', { text: 'Paid back today.' })).status).toBe(200);
    expect((await s.act(id, 'wang', 'resolve', { solution: 'refund', outcome: 'founded' })).status).toBe(200);
    const closed = await s.act(id, 'mei', 'close');
    expect(closed.body).toMatchObject({ state: 'closed', holder: null, unit: 'billing', version: 5 });
    expect(closed.headers.get('etag')).toBe('"v5"');
    await s.emitted(id, 'dispatched', 'accepted', 'replied', 'resolved', 'closed');
    expect(s.service.emitted(id).map((e) => [e.seq, e.actor.id])).toEqual([
      [1, 'system:dispatch'],
      [2, 'wang'],
      [3, 'wang'],
      [4, 'wang'],
      [5, 'mei'],
    ]);
    const found = await s.see(id);
    expect(found.body['assignments']).toMatchObject([
      { unit: 'billing', person: null },
      { unit: 'billing', person: 'wang' },
    ]);
    expect((found.body['assignments'] as { until: string | null }[]).every((a) => a.until !== null)).toBe(true);
    expect((await s.service.call('GET', '/v1/tasks/mine', { as: s.person('wang') })).body).toMatchObject({ items: [] });
    const reopened = await s.act(id, 'mei', 'reopen', { reason: 'not paid' });
    expect(reopened.body).toMatchObject({ state: 'dispatched', unit: 'billing', reopens: 1 });
    await s.emitted(id, 'dispatched', 'accepted', 'replied', 'resolved', 'closed', 'reopened', 'dispatched');
  });

  it('routes a returned ticket to another unit, then leaves it to a supervisor, and records each decision', async () => {
    const id = await s.ticket();
    expect((await s.act(id, 'wang', 'return', { reason: 'not money' })).body).toMatchObject({
      unit: 'review-centre',
      state: 'dispatched',
      returns: 1,
    });
    expect((await s.act(id, 'sun', 'return', { reason: 'nor ours' })).body).toMatchObject({ unit: null, state: 'unroutable' });
    const unroutable = await s.service.call('GET', '/v1/unroutable', { as: s.person('zhao') });
    expect(unroutable.body['items']).toMatchObject([{ ticketId: id }]);
    expect((await s.service.call('POST', `/v1/cases/${id}/route`, { as: s.person('li'), body: { unit: 'network' } })).status).toBe(403);
    expect((await s.service.call('POST', `/v1/cases/${id}/route`, { as: s.person('zhao'), body: { unit: 'nowhere' } })).body).toMatchObject(
      { code: 'dispatch/unknown-unit' },
    );
    expect((await s.service.call('POST', `/v1/cases/${id}/route`, { as: s.person('zhao'), body: { unit: 'network' } })).body).toMatchObject(
      { unit: 'network', state: 'dispatched' },
    );
    const decisions = await s.service.call('GET', `/v1/cases/${id}/decisions`, { as: s.person('zhao') });
    expect(decisions.body['items']).toMatchObject([
      {
        no: 1,
        why: 'routed',
        rule: 'billing',
        unit: 'billing',
        facts: { 'class.type': 'complaint' },
        runnerUp: { unit: 'review-centre' },
        madeBy: 'system:dispatch',
      },
      {
        no: 2,
        why: 'returned',
        rule: 'fallback',
        candidates: [{ unit: 'billing', excluded: 'returned' }, { unit: 'review-centre' }],
        madeBy: 'wang',
      },
      { no: 3, rule: null, unit: null, madeBy: 'sun' },
      { no: 4, rule: 'supervisor', unit: 'network', madeBy: 'zhao' },
    ]);
    await s.emitted(id, 'dispatched', 'returned', 'dispatched', 'returned', 'unroutable', 'dispatched');
  });

  it('lets one of eight concurrent actions succeed and answers the others with 409 and the current case', async () => {
    const id = await s.ticket();
    const answers = await Promise.all(Array.from({ length: 8 }, () => s.act(id, 'wang', 'accept')));
    expect(answers.map((a) => a.status).sort((a, b) => a - b)).toEqual([200, 409, 409, 409, 409, 409, 409, 409]);
    const loser = answers.find((a) => a.status === 409);
    expect(loser?.body).toMatchObject({
      code: 'dispatch/illegal-move',
      case: { step: 'handling', state: 'accepted', lead: { holder: { unit: 'billing', person: 'wang' } }, version: 2 },
    });
    expect(loser?.headers.get('content-type')).toContain('application/problem+json');
    const stale = await s.act(id, 'wang', 'reply', { text: 'x' }, { 'if-match': '"v1"' });
    expect([stale.status, stale.body]).toMatchObject([409, { code: 'dispatch/stale-version', case: { version: 2 } }]);
    expect((await s.act(id, 'wang', 'reply', { text: 'x' }, { 'if-match': '"v2"' })).status).toBe(200);
    expect((await s.act(id, 'wang', 'reply', { text: 'x' }, { 'if-match': 'soon' })).status).toBe(400);
  });

  it.each<[string, string, string, unknown, number, string, string[]]>([
    ['a handler of another unit', 'li', 'accept', undefined, 404, 'dispatch/no-case', []],
    ['a person without the right to act', 'ana', 'accept', undefined, 403, 'platform/no-right', []],
    ['an action that the pack does not have', 'wang', 'explode', undefined, 404, 'dispatch/no-such-action', []],
    ['an action that the step does not allow', 'wang', 'resume', undefined, 409, 'dispatch/illegal-move', []],
    ['a return without a reason', 'wang', 'return', {}, 422, 'dispatch/missing-fields', ['/reason']],
    ['a field of another kind of action', 'wang', 'accept', { text: 'x' }, 400, 'dispatch/unexpected-fields', ['/text']],
    ['an unknown property', 'wang', 'return', { reason: 'x', colour: 1 }, 400, 'dispatch/unexpected-fields', ['/colour']],
    ['a field of the wrong type', 'wang', 'return', { reason: 3 }, 422, 'dispatch/invalid-fields', ['/reason']],
    ['an array as the body', 'wang', 'return', [], 400, 'platform/invalid-input', ['']],
    ['a NUL character', 'wang', 'return', { reason: 'a\u0000b' }, 422, 'dispatch/invalid-fields', ['/reason']],
  ])('refuses %s with its code and leaves the case unchanged', async (_, as, action, body, status, code, pointers) => {
    const id = await s.ticket();
    const answer = await s.act(id, as, action, body as object | undefined);
    expect([answer.status, answer.body['code'], ((answer.body['errors'] ?? []) as { pointer: string }[]).map((e) => e.pointer)]).toEqual([
      status,
      code,
      pointers,
    ]);
    expect((await s.see(id)).body).toMatchObject({ version: 1, state: 'dispatched' });
  });

  it('places an unroutable ticket once under one Idempotency-Key', async () => {
    const id = await s.ticket();
    expect((await s.act(id, 'wang', 'return', { reason: 'not ours' })).status).toBe(200);
    expect((await s.act(id, 'sun', 'return', { reason: 'nor ours' })).body).toMatchObject({ state: 'unroutable' });
    const route = (unit: string) =>
      s.service.call('POST', `/v1/cases/${id}/route`, { as: s.person('zhao'), body: { unit }, headers: { 'idempotency-key': 'place' } });
    expect((await route('network')).body).toMatchObject({ unit: 'network' });
    const again = await route('network');
    expect([again.status, again.headers.get('idempotency-replayed'), again.body['unit']]).toEqual([200, 'true', 'network']);
    expect((await route('nowhere')).body).toMatchObject({ status: 422, code: 'dispatch/idempotency-key-reused' });
  });

  it('refuses an action for now while the registration is on its way, and does it when the caller asks again', async () => {
    const id = newId();
    const early = await s.act(id, 'wang', 'accept');
    expect([early.status, early.body['code'], early.headers.get('retry-after')]).toEqual([409, 'dispatch/not-yet', '1']);
    const update = { key: 'early', action: 'accept', occurredAt: new Date().toISOString(), input: {} };
    const device = await s.service.call('POST', `/v1/cases/${id}/submissions`, { as: s.person('wang'), body: { updates: [update] } });
    expect([device.status, device.body['code'], device.headers.get('retry-after')]).toEqual([409, 'dispatch/not-yet', '1']);
    await s.ticket({}, 'acme', id);
    expect((await s.act(id, 'wang', 'accept')).status).toBe(200);
    // A ticket that should have arrived long ago does not exist.
    const never = await s.act('019d2c1e-6f3a-7c55-9d0b-3a1f6a2b7c10', 'wang', 'accept');
    expect([never.status, never.body['code'], never.headers.get('retry-after')]).toEqual([404, 'dispatch/no-case', null]);
  });

  it('answers alike for a ticket of another organisation and for a ticket that does not exist', async () => {
    const id = await s.ticket();
    const foreign = await s.see(id, { org: 'other', roles: ['supervisor'] });
    const missing = await s.see(newId(), { org: 'other', roles: ['supervisor'] });
    const noId = await s.service.call('GET', '/v1/cases/nonsense', { as: { org: 'other', roles: ['supervisor'] } });
    expect([foreign.status, missing.status, noId.status]).toEqual([404, 404, 404]);
    expect(foreign.body['code']).toBe(missing.body['code']);
    const act = await s.service.call('POST', `/v1/cases/${id}/actions/accept`, {
      as: { org: 'other', id: 'wang', roles: ['handler'], units: ['billing'] },
    });
    // Alike for a while: of a ticket that was registered a moment ago only its id is known here.
    const made = await s.service.call('POST', `/v1/cases/${newId()}/actions/accept`, {
      as: { org: 'other', id: 'wang', roles: ['handler'], units: ['billing'] },
    });
    expect([act.status, act.body['code']]).toEqual([409, 'dispatch/not-yet']);
    expect([made.status, made.body['code']]).toEqual([409, 'dispatch/not-yet']);
    expect((await s.service.call('GET', `/v1/cases/${id}/decisions`, { as: { org: 'other' } })).status).toBe(404);
    expect((await s.service.call('GET', '/v1/packs', { as: { org: 'other' } })).body).toEqual({ items: [] });
    expect((await s.service.call('GET', `/v1/cases/${id}`, { as: null })).status).toBe(401);
  });

  it('shows a handler only the queues of its own units, page by page, most urgent first', async () => {
    const outsider = s.person('li');
    expect((await s.service.call('GET', '/v1/queues/billing', { as: outsider })).status).toBe(403);
    // Identity providers add roles that the platform does not know.
    expect(
      (await s.service.call('GET', '/v1/queues/billing', { as: { ...outsider, roles: [...(outsider.roles ?? []), 'offline_access'] } }))
        .status,
    ).toBe(403);
    expect((await s.service.call('GET', '/v1/queues/billing', { as: { roles: ['analyst'] } })).status).toBe(200);
    expect((await s.service.call('GET', '/v1/queues/nowhere', { as: s.person('li') })).status).toBe(404);
    expect((await s.service.call('GET', '/v1/units/nowhere/people', { as: s.person('li') })).status).toBe(404);
    for (const priority of ['ordinary', 'urgent', 'minor', 'important', 'urgent']) await s.ticket({ category: 'home.repair', priority });
    const priorities: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await s.service.call('GET', `/v1/queues/field-service?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`, {
        as: s.person('chen'),
      });
      priorities.push(...(page.body['items'] as { priority: string }[]).map((t) => t.priority));
      cursor = page.body['next'] as string | null;
    }
    expect(priorities).toEqual(['urgent', 'urgent', 'important', 'minor', 'ordinary']);
    expect((await s.service.call('GET', '/v1/queues/field-service?cursor=xx', { as: s.person('chen') })).status).toBe(400);
    expect((await s.service.call('GET', '/v1/queues/field-service?limit=9999', { as: s.person('chen') })).status).toBe(400);
  });

  it('keeps the ETag of a case through an amendment, so that nobody has to repeat an action because of a title', async () => {
    const id = await s.ticket();
    const before = await s.see(id);
    await s.service.deliver(
      intake.TicketAmended.of({
        org: 'acme',
        ticketId: id,
        occurredAt: later,
        data: { title: 'Refund of two bills', priority: 'urgent', amendedAt: later },
      }),
    );
    await eventually(async () => expect((await s.see(id)).body).toMatchObject({ title: 'Refund of two bills', priority: 'urgent' }));
    const after = await s.see(id);
    expect(after.headers.get('etag')).toBe(before.headers.get('etag'));
    const accepted = await s.act(id, 'wang', 'accept', {}, { 'if-match': before.headers.get('etag') ?? '' });
    expect(accepted.body).toMatchObject({ state: 'accepted', version: 2 });
    await s.emitted(id, 'dispatched', 'accepted');
    // The version is the number of the event in the stream.
    expect(s.service.emitted(id).map((e) => [e.seq, (e.data as { case: dispatch.CaseNow }).case.version])).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  it('never dates an event before the previous event of the ticket, even when the clock goes back', async () => {
    const id = await s.ticket();
    await s.service.call('PUT', '/v1/clock', { body: { offsetMs: 3_600_000 } });
    expect((await s.act(id, 'wang', 'accept')).status).toBe(200);
    await s.service.call('PUT', '/v1/clock', { body: { offsetMs: 0 } });
    expect((await s.act(id, 'wang', 'reply', { text: 'Paid.' })).status).toBe(200);
    await s.emitted(id, 'dispatched', 'accepted', 'replied');
    const [, accepted, replied] = s.service.emitted(id);
    expect(replied).toMatchObject({ occurredAt: accepted?.occurredAt, data: { at: accepted?.occurredAt } });
  });

  it('shows how many cases are open by state and how many wait in queues', async () => {
    const figures = async () => {
      const { text } = await s.service.call('GET', '/metrics', { as: null });
      const value = (name: string) => Number(new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (\\d+)$`, 'm').exec(text)?.[1]);
      const state = (name: string) => value(`gongdan_cases_open{state="${name}",service="dispatch"}`);
      return { dispatched: state('dispatched'), accepted: state('accepted'), queued: value('gongdan_cases_queued{service="dispatch"}') };
    };
    const before = await figures();
    const [first] = [await s.ticket(), await s.ticket()];
    expect((await s.act(first, 'wang', 'accept')).status).toBe(200);
    const withTwo = { dispatched: before.dispatched + 1, accepted: before.accepted + 1, queued: before.queued + 1 };
    expect(await figures()).toEqual(withTwo);
    expect((await s.act(first, 'wang', 'reply', { text: 'Paid.' })).status).toBe(200);
    expect((await s.act(first, 'wang', 'resolve', { solution: 'refund' })).status).toBe(200);
    expect((await s.act(first, 'mei', 'close')).status).toBe(200);
    expect(await figures()).toEqual({ ...withTwo, accepted: before.accepted });
  });

  it('spends two statements on an action, with its key, however many units and decisions it changes', async () => {
    const id = await s.ticket();
    const statements = new StatementCounter(s.service.running.app.database);
    statements.watch(s.service.running.app.nest.getHttpServer() as Server);
    expect((await s.act(id, 'wang', 'return', { reason: 'not money' }, { 'idempotency-key': '"return-1"' })).status).toBe(200);
    // Read the case with what the key was used for; write it with its assignment, decision, events and key.
    expect(statements.total).toBe(2);
  });
});
