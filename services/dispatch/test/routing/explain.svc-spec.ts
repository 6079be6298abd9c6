import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestAnswer } from '@gongdan/messaging/testing';
import { DispatchService, starter } from '../dispatch-service.js';

describe('explained decisions', () => {
  let s: DispatchService;
  beforeAll(async () => {
    s = await DispatchService.start();
  });
  afterAll(() => s.service.close());

  const why = (id: string, no: number, language = 'en'): Promise<TestAnswer> =>
    s.service.call('GET', `/v1/cases/${id}/decisions/${no}?language=${language}`, { as: s.person('zhao') });
  const whatIf = (body: object): Promise<TestAnswer> => s.service.call('POST', '/v1/routing/what-if', { as: s.person('zhao'), body });

  it('explains the first routing and a return in both languages, and decides the same again', async () => {
    const id = await s.ticket();
    await s.act(id, 'wang', 'return', { reason: 'not money' });
    const first = await why(id, 1);
    expect(first.body).toMatchObject({ replayed: true, row: { key: 'billing', why: expect.any(String) }, decision: { unit: 'billing' } });
    expect(first.body['sentences']).toContainEqual(expect.stringContaining('of the pack starter'));
    expect(first.body['sentences']).toContainEqual(expect.stringContaining('The runner-up was'));
    const second = await why(id, 2, 'zh-CN');
    expect(second.body).toMatchObject({ replayed: true, row: { key: 'fallback' }, decision: { unit: 'review-centre', why: 'returned' } });
    expect(second.body['sentences']).toContainEqual(expect.stringContaining('已退回过此工单'));
    expect((await why(id, 99)).body).toMatchObject({ status: 404, code: 'dispatch/no-decision' });
  });

  it('answers who would get the ticket if its category were another, and changes nothing', async () => {
    const id = await s.ticket();
    const before = await s.see(id);
    expect((await whatIf({ ticketId: id, changes: {} })).body).toMatchObject({ holder: { unit: 'billing' } });
    const other = await whatIf({ ticketId: id, changes: { 'class.category': 'network' } });
    expect(other.body).toMatchObject({ holder: { unit: 'network' }, row: { key: expect.any(String) } });
    expect((await s.see(id)).body).toEqual(before.body);
    expect((await whatIf({ ticketId: id, changes: { now: 'x' } })).body).toMatchObject({ status: 400, code: 'dispatch/unchangeable-fact' });
  });

  it('answers for a ticket that was never registered, and refuses what it cannot ask', async () => {
    const pack = { key: 'starter', version: starter.pack.version };
    const changes = { 'class.type': 'complaint', 'class.category': 'network', 'ticket.unit': 7 };
    expect((await whatIf({ pack, changes })).body).toMatchObject({ holder: { unit: 'network' } });
    expect((await whatIf({ pack })).status).toBe(200);
    expect((await whatIf({})).body).toMatchObject({ status: 400, code: 'dispatch/no-subject' });
    for (const table of ['nowhere', '__proto__', 'constructor'])
      expect((await whatIf({ pack, table })).body).toMatchObject({ status: 422, code: 'dispatch/unknown-table' });
    expect((await whatIf({ pack: { ...pack, version: 999 } })).body).toMatchObject({ status: 404, code: 'dispatch/no-pack' });
    expect((await whatIf({ pack, table: 'nowhere' })).body).toMatchObject({ status: 422, code: 'dispatch/unknown-table' });
  });
});
