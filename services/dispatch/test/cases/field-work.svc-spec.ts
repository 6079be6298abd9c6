import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@gongdan/testing';
import { DispatchService } from '../dispatch-service.js';
import { FaultDesk, withApproval } from '../fault-desk.js';

describe('updates of a device that worked offline', () => {
  let s: DispatchService;
  beforeAll(async () => {
    s = await DispatchService.start();
  });
  afterAll(() => s.service.close());

  const accept = { key: 'd-accept', action: 'accept', occurredAt: '2026-03-02T02:00:00.000Z' };
  const reply = { key: 'd-reply', action: 'reply', input: { text: 'I am on the way.' }, occurredAt: '2026-03-02T02:10:00.000Z' };
  const resolve = { key: 'd-resolve', action: 'resolve', input: { solution: 'replaced' }, occurredAt: '2026-03-02T02:30:00.000Z' };
  const keyed = (id: string, ...updates: object[]): object[] => updates.map((u) => ({ ...u, key: `${(u as { key: string }).key}-${id}` }));
  const submit = (id: string, updates: object[], headers: Record<string, string> = {}) =>
    s.service.call('POST', `/v1/cases/${id}/submissions`, { as: s.person('wang'), body: { updates }, headers });

  it('applies a batch once, in its order, with the times of the device', async () => {
    const id = await s.ticket();
    const batch = keyed(id, accept, reply, resolve);
    const first = await submit(id, batch, { 'if-match': '"v1"' });
    expect([first.status, first.body]).toMatchObject([
      200,
      { results: [{ result: 'applied', version: 2 }, { result: 'applied' }, { result: 'applied' }] },
    ]);
    const again = await submit(id, batch, { 'if-match': '"v1"' });
    expect((again.body['results'] as { result: string }[]).map((r) => r.result)).toEqual(['duplicate', 'duplicate', 'duplicate']);
    await s.emitted(id, 'dispatched', 'accepted', 'replied', 'resolved');
    const times = s.service.emitted(id).map((e) => e.occurredAt);
    expect(times.slice(1)).toEqual([...times.slice(1)].sort());
  });

  it('reports an update that meets a reassigned task, refuses those behind it, and tells and keeps all of them', async () => {
    const id = await s.ticket();
    await s.act(id, 'zhao', 'transfer', { toUnit: 'network', reason: 'a line' });
    const refused = await submit(id, keyed(id, reply, resolve), { 'if-match': '"v1"' });
    expect(refused.status).toBe(404);
    const late = await s.service.call('POST', `/v1/cases/${id}/submissions`, {
      as: s.person('li'),
      body: { updates: keyed(id, accept, reply) },
      headers: { 'if-match': '"v1"' },
    });
    expect(late.body).toMatchObject({
      results: [
        { result: 'refused', code: 'dispatch/stale-version' },
        { result: 'refused', code: 'dispatch/earlier-refused' },
      ],
    });
    await eventually(() => {
      const told = s.service.emitted(id).filter((e) => e.name === 'dispatch.submission-refused');
      expect(told.map((e) => (e.data as { code: string }).code)).toEqual(['dispatch/stale-version', 'dispatch/earlier-refused']);
    });
    // Sent again, the same refusals come back and nothing more is told.
    const again = await s.service.call('POST', `/v1/cases/${id}/submissions`, {
      as: s.person('li'),
      body: { updates: keyed(id, accept, reply) },
    });
    expect((again.body['results'] as { result: string }[]).map((r) => r.result)).toEqual(['refused', 'refused']);
    const kept = await s.service.running.app.database.rows('select action, sealed from refused_submissions where ticket_id = $1', [id]);
    expect(kept).toHaveLength(2);
    expect(JSON.stringify(kept)).not.toContain('on the way');
  });

  it('answers a repetition although an update has moved the ticket out of reach', async () => {
    const id = await s.ticket();
    const batch = keyed(id, accept, { key: 'd-return', action: 'return', input: { reason: 'not money' } }, resolve);
    const results = async () => ((await submit(id, batch)).body['results'] as object[] | undefined) ?? [];
    const expected = (state: string) => [{ result: state }, { result: state }, { result: 'refused', code: 'dispatch/no-case' }];
    expect(await results()).toMatchObject(expected('applied'));
    expect((await s.see(id, s.person('wang'))).status).toBe(404);
    expect(await results()).toMatchObject(expected('duplicate'));
    const told = () => s.service.emitted(id).filter((e) => e.name === 'dispatch.submission-refused');
    await eventually(() => expect(told()).toMatchObject([{ data: { action: 'resolve', code: 'dispatch/no-case' } }]));
    expect((await submit(id, keyed(id, { ...reply, key: 'd-late' }))).body).toMatchObject({ status: 404, code: 'dispatch/no-case' });
  });

  it('says that an update was applied before, also behind a refused one', async () => {
    const id = await s.ticket();
    const [first] = keyed(id, accept) as [object];
    await submit(id, [first]);
    const answer = await submit(id, [...keyed(id, { ...accept, key: 'd-second' }), first]);
    expect(answer.body['results']).toMatchObject([{ result: 'refused', code: 'dispatch/illegal-move' }, { result: 'duplicate' }]);
    await s.emitted(id, 'dispatched', 'accepted', 'dispatch.submission-refused');
  });

  it('refuses a key that was used for another update, of this ticket and of another one, also of a refused update', async () => {
    const [one, two] = [await s.ticket(), await s.ticket()];
    const early = { ...resolve, key: `early-${one}` };
    const refused = { result: 'refused', code: 'dispatch/idempotency-key-reused' };
    expect((await submit(one, [early])).body['results']).toMatchObject([{ code: 'dispatch/illegal-move' }]);
    expect((await submit(one, [early])).body['results']).toMatchObject([{ code: 'dispatch/illegal-move' }]);
    expect((await submit(two, [early])).body['results']).toMatchObject([refused]);
    expect((await submit(one, [{ ...early, input: { solution: 'other' } }])).body['results']).toMatchObject([refused]);
    expect((await submit(two, [{ ...accept, key: early.key }])).body['results']).toMatchObject([refused]);
    await s.emitted(two, 'dispatched');
  });

  it('applies a key that comes for two tickets at the same moment to one of them only', async () => {
    for (let round = 0; round < 5; round++) {
      const pair = [await s.ticket(), await s.ticket()];
      const update = { ...accept, key: `pair-${pair.join()}` };
      const answers = await Promise.all(pair.map((id) => submit(id, [update])));
      const results = answers.map((a) => ((a.body['results'] ?? []) as { result: string }[])[0]?.result).sort();
      expect(results).toEqual(['applied', 'refused']);
      const early = { ...resolve, key: `refused-${pair.join()}` };
      expect((await Promise.all(pair.map((id) => submit(id, [early])))).map((a) => a.status)).toEqual([200, 200]);
    }
  });

  it('does an action once for its Idempotency-Key, and refuses the key for another action', async () => {
    const id = await s.ticket();
    const key = { 'idempotency-key': `"k-${id}"` };
    expect((await s.act(id, 'wang', 'accept', undefined, key)).body).toMatchObject({ version: 2 });
    const again = await s.act(id, 'wang', 'accept', undefined, key);
    expect([again.status, again.headers.get('idempotency-replayed'), again.body['version']]).toEqual([200, 'true', 2]);
    expect((await s.act(id, 'wang', 'reply', { text: 'x' }, key)).body).toMatchObject({ code: 'dispatch/idempotency-key-reused' });
    expect((await s.act(id, 'wang', 'reply', { text: 'x' }, { 'idempotency-key': 'a key' })).body).toMatchObject({
      code: 'dispatch/bad-idempotency-key',
    });
    await s.emitted(id, 'dispatched', 'accepted');
  });

  it('answers a repetition although the action has moved the ticket out of reach', async () => {
    const id = await s.ticket();
    const key = { 'idempotency-key': `r-${id}` };
    const send = () => s.act(id, 'wang', 'return', { reason: 'not money' }, key);
    expect((await send()).body).toMatchObject({ unit: 'review-centre' });
    expect((await s.see(id, s.person('wang'))).status).toBe(404);
    const again = await send();
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, 'true']);
    await s.emitted(id, 'dispatched', 'returned', 'dispatched');
  });
});

describe('updates of a device on several tasks', () => {
  let desk: FaultDesk;
  beforeAll(async () => {
    desk = await FaultDesk.start('approved-incidents', withApproval);
  });
  afterAll(() => desk.close());

  it('holds If-Match against the task that the first update names, and an update of another task against nothing', async () => {
    const id = await desk.ticket('incident');
    await desk.act(id, 'take', 'service-desk');
    await desk.act(id, 'ask', 'service-desk', { solution: 'this' });
    const tasks = (await desk.see(id))['tasks'] as { no: number; step: string; version: number }[];
    const [one, two] = tasks.filter((t) => t.step === 'signing');
    const sign = (task: number | undefined, key: string) => ({ key: `${key}-${id}`, action: 'sign', task });
    const submit = (updates: object[], version: number | undefined) =>
      desk.s.service.call('POST', `/v1/cases/${id}/submissions`, {
        as: desk.handler('second-line'),
        body: { updates },
        headers: { 'if-match': `"v${version}"` },
      });
    expect((await submit([sign(one?.no, 'stale')], 1)).body['results']).toMatchObject([{ code: 'dispatch/stale-version' }]);
    expect((await submit([sign(one?.no, 'a'), sign(two?.no, 'b')], one?.version)).body['results']).toMatchObject([
      { result: 'applied' },
      { result: 'applied' },
    ]);
    expect(((await desk.see(id))['tasks'] as object[]).length).toBe(1);
  });
});

describe('an update of a device that names no task', () => {
  let desk: FaultDesk;
  beforeAll(async () => {
    desk = await FaultDesk.start('considered-incidents', (pack) => {
      withApproval(pack);
      pack.process.actions['consider'] = { names: { 'zh-CN': '查阅', en: 'Consider' }, on: 'signing', by: 'holder', do: [] };
    });
  });
  afterAll(() => desk.close());

  it('is answered with the version of the side task on which it landed, so that the next one can name what it saw', async () => {
    const id = await desk.ticket('incident');
    await desk.act(id, 'take', 'service-desk');
    await desk.act(id, 'ask', 'service-desk', { solution: 'this' });
    const signing = async () =>
      ((await desk.see(id))['tasks'] as { no: number; step: string; version: number }[]).filter((t) => t.step === 'signing');
    await desk.act(id, 'sign', 'second-line', undefined, (await signing())[0]?.no);
    const submit = (action: string, headers = {}) =>
      desk.s.service.call('POST', `/v1/cases/${id}/submissions`, {
        as: desk.handler('second-line'),
        body: { updates: [{ key: `${action}-${id}`, action }] },
        headers,
      });
    const [considered] = (await submit('consider')).body['results'] as { result: string; version: number }[];
    expect(considered).toMatchObject({ result: 'applied', version: (await signing())[0]?.version });
    const signed = await submit('sign', { 'if-match': `"v${considered?.version}"` });
    expect(signed.body['results']).toMatchObject([{ result: 'applied' }]);
  });
});

describe('the pool of a unit', () => {
  let s: DispatchService;
  beforeAll(async () => {
    s = await DispatchService.start();
  });
  afterAll(() => s.service.close());

  it('hands the most urgent task first, each to one person only, and says when it is empty', async () => {
    const ordinary = await s.ticket({ priority: 'ordinary' });
    const urgent = await s.ticket({ priority: 'urgent' });
    const next = (as: string) => s.service.call('POST', '/v1/queues/billing/next', { as: s.person(as) });
    const [one, two] = await Promise.all([next('wang'), next('wang')]);
    const handed = [one, two].map((a) => (a.body['case'] as { ticketId: string }).ticketId);
    expect(handed.sort()).toEqual([ordinary, urgent].sort());
    expect((await next('wang')).body).toMatchObject({ status: 404, code: 'dispatch/pool-empty' });
    expect((await next('li')).status).toBe(403);
    const third = await s.ticket({ priority: 'important' });
    const fourth = await s.ticket({ priority: 'urgent' });
    expect((await next('wang')).body).toMatchObject({ task: 1, case: { ticketId: fourth, holder: 'wang', step: 'waiting' } });
    expect((await next('wang')).body).toMatchObject({ case: { ticketId: third } });
  });

  it('hands one task for an Idempotency-Key, of many at once too, and refuses the key for another unit but not for another person', async () => {
    const tickets = [await s.ticket(), await s.ticket(), await s.ticket()];
    const next = (unit: string, key: string, as = 'wang') =>
      s.service.call('POST', `/v1/queues/${unit}/next`, { as: s.person(as), headers: { 'idempotency-key': key } });
    const first = await Promise.all([next('billing', 'n-1'), next('billing', 'n-1'), next('billing', 'n-1')]);
    const handed = first.map((a) => [a.status, (a.body['case'] as { ticketId: string } | undefined)?.ticketId, a.body['task']]);
    expect(new Set(handed.map((h) => JSON.stringify(h))).size).toBe(1);
    expect(tickets).toContain(handed[0]?.[1]);
    expect(first.filter((a) => a.headers.get('idempotency-replayed') === 'true')).toHaveLength(2);
    expect((await next('network', 'n-1')).body).toMatchObject({ status: 422, code: 'dispatch/idempotency-key-reused' });
    expect((await next('network', 'n-1', 'zhao')).body['code']).not.toBe('dispatch/idempotency-key-reused');
    expect((await s.act(tickets[0] as string, 'wang', 'note', { text: 'x' }, { 'idempotency-key': 'n-1' })).body).toMatchObject({
      status: 422,
      code: 'dispatch/idempotency-key-reused',
    });
    expect((await next('billing', 'n-2')).body['case']).not.toMatchObject({ ticketId: handed[0]?.[1] });
  });

  it('hands nothing to a person who holds as many tasks as his capacity', async () => {
    const put = (path: string, body: object) => s.service.call('PUT', `/v1/directory/${path}`, { body });
    await put('people/full', { name: 'Full' });
    await put('memberships/full?unit=billing', { roles: ['handler'], capacity: 1 });
    await s.ticket();
    await s.ticket();
    const as = { id: 'full', roles: [], units: [] };
    expect((await s.service.call('POST', '/v1/queues/billing/next', { as })).status).toBe(200);
    expect((await s.service.call('POST', '/v1/queues/billing/next', { as })).body).toMatchObject({
      status: 409,
      code: 'dispatch/at-capacity',
    });
  });
});

describe('an action on many tickets', () => {
  let s: DispatchService;
  beforeAll(async () => {
    s = await DispatchService.start();
  });
  afterAll(() => s.service.close());

  it('previews and does it on each ticket alone, and does it once for its key', async () => {
    const [mine, other, foreign] = [await s.ticket(), await s.ticket(), await s.ticket({ category: 'network.slow' })];
    await s.act(other, 'wang', 'accept');
    const bulk = (preview: boolean) =>
      s.service.call('POST', '/v1/bulk/actions', {
        as: s.person('wang'),
        body: { action: 'accept', tickets: [mine, other, foreign, mine], preview },
        headers: { 'idempotency-key': 'morning' },
      });
    const expected = (first: string, events: string[]) => [
      { ticketId: mine, result: first, events },
      { ticketId: other, result: 'refused', code: 'dispatch/illegal-move', kind: 'conflict' },
      { ticketId: foreign, result: 'refused', code: 'dispatch/no-case', kind: 'not-found' },
    ];
    expect((await bulk(true)).body['results']).toMatchObject(expected('possible', ['dispatch.ticket-accepted']));
    expect((await s.see(mine)).body).toMatchObject({ version: 1, step: 'waiting' });
    expect((await bulk(false)).body['results']).toMatchObject(expected('done', ['dispatch.ticket-accepted']));
    expect((await bulk(false)).body['results']).toMatchObject(expected('done', []));
    await s.emitted(mine, 'dispatched', 'accepted');
  });

  it('refuses the key for another action, and takes a ticket once in whatever writing', async () => {
    const id = await s.ticket();
    const bulk = (action: string, input: object, key: string) =>
      s.service.call('POST', '/v1/bulk/actions', {
        as: s.person('wang'),
        body: { action, input, tickets: [id, id.toUpperCase()] },
        headers: { 'idempotency-key': key },
      });
    expect((await bulk('accept', {}, `a-${id}`)).body['results']).toMatchObject([{ ticketId: id, result: 'done' }]);
    expect((await bulk('note', { text: 'x' }, `a-${id}`)).body['results']).toEqual([
      { ticketId: id, result: 'refused', events: [], code: 'dispatch/idempotency-key-reused', kind: 'refused' },
    ]);
    expect((await bulk('note', { text: 'x' }, `b-${id}`)).body['results']).toHaveLength(1);
    await s.emitted(id, 'dispatched', 'accepted', 'noted');
  });
});
