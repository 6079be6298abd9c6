import { type TestAnswer, type TestPerson } from '@gongdan/messaging/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DispatchService } from '../dispatch-service.js';
import { processPack, publishWithSample } from '../own-packs.js';

describe('explained picks', () => {
  let s: DispatchService;
  const supervisor: TestPerson = { id: 'boss', roles: ['supervisor'], units: [] };
  beforeAll(async () => {
    s = await DispatchService.start();
    for (const key of ['p09-skill-dispatch', 'p06-eoms-four-level']) {
      const { json, sample } = processPack(key);
      await publishWithSample(s.service, json, sample);
    }
  });
  afterAll(() => s.service.close());

  const act = (id: string, action: string, body: object, as = supervisor): Promise<TestAnswer> =>
    s.service.call('POST', `/v1/cases/${id}/actions/${action}`, { as, body });
  async function lastOf(id: string): Promise<TestAnswer> {
    const { body } = await s.service.call('GET', `/v1/cases/${id}/decisions`, { as: supervisor });
    const no = (body['items'] as { no: number }[]).at(-1)?.no ?? 0;
    return s.service.call('GET', `/v1/cases/${id}/decisions/${no}`, { as: supervisor, headers: { 'accept-language': 'zh-CN' } });
  }

  it('names the technician who was picked and those without the skill (P09), and decides the same again', async () => {
    const id = await s.ticket({
      pack: { key: 'p09-skill-dispatch', version: 1 },
      type: 'repair',
      category: 'equipment.machine',
      priority: 'normal',
      unit: 'seats',
    });
    const assigned = await act(id, 'assign', { problem: '断电', skill: 'repair', difficulty: 'hard', urgency: 'high' });
    expect(assigned.body).toMatchObject({ step: 'assigned', holder: 'p09-yan' });
    const { body } = await lastOf(id);
    expect(body).toMatchObject({ language: 'zh-CN', replayed: true, row: { key: 'hard', why: '疑难问题派给三级技师' } });
    expect(body['sentences']).toContainEqual('任务交给技师组的严师傅。');
    expect(body['candidates']).toContainEqual(
      expect.objectContaining({ person: 'p09-peng', excluded: 'no-skill', text: expect.stringContaining('技能等级不够') }),
    );
    const easier = await s.service.call('POST', '/v1/routing/what-if', {
      as: supervisor,
      body: { ticketId: id, table: 'by-skill', changes: { 'fields.difficulty': 'easy' } },
    });
    expect(easier.body).toMatchObject({ holder: { unit: 'technicians' }, row: { key: 'easy' } });
  });

  it('explains the nearest site (P06)', async () => {
    const id = await s.ticket({
      pack: { key: 'p06-eoms-four-level', version: 1 },
      unit: 'cs',
      place: { latitude: 30.695, longitude: 104.046 },
    });
    const member = (unit: string): TestPerson => ({ id: `of-${unit}`, roles: ['handler'], units: [unit] });
    expect((await act(id, 'check-data', { question: '覆盖' }, member('monitoring'))).status).toBe(200);
    expect((await act(id, 'data-good', { facts: '正常' }, member('data-centre'))).body).toMatchObject({ unit: 'maintenance' });
    const { body } = await lastOf(id);
    expect(body).toMatchObject({ replayed: true, decision: { unit: 'maintenance', rule: 'unit' } });
  });

  it('explains a transfer', async () => {
    const id = await s.ticket();
    await s.act(id, 'wang', 'accept');
    expect((await s.act(id, 'wang', 'transfer', { toUnit: 'network', reason: 'line' })).body).toMatchObject({ unit: 'network' });
    const transferred = await s.service.call('GET', `/v1/cases/${id}/decisions/2`, { as: supervisor });
    expect(transferred.body).toMatchObject({ replayed: true, decision: { why: 'transferred', unit: 'network' } });
  });

  it('answers that another area would get another unit', async () => {
    const { starter } = await import('../dispatch-service.js');
    const byArea = structuredClone(starter);
    Object.assign(byArea.pack, { key: 'by-area', version: 1 });
    const why = { 'zh-CN': '按地点', en: 'By area' };
    Object.assign(byArea.routing, {
      rules: [
        { key: 'north', when: { 'place.area': 'north' }, unit: 'network', why },
        { key: 'south', when: { 'place.area': 'south' }, unit: 'billing', why },
      ],
    });
    const published = await s.service.call('PUT', '/v1/packs/by-area', { body: byArea });
    expect([published.status, published.body]).toMatchObject([201, {}]);
    const id = await s.ticket({ pack: { key: 'by-area', version: 1 }, place: { area: 'north' } });
    expect((await s.see(id)).body).toMatchObject({ unit: 'network' });
    const body = { ticketId: id, changes: { 'place.area': 'south' } };
    const answer = await s.service.call('POST', '/v1/routing/what-if', { as: supervisor, body });
    expect(answer.body).toMatchObject({ holder: { unit: 'billing' }, row: { key: 'south', why: 'By area' } });
    expect((await s.see(id)).body).toMatchObject({ unit: 'network' });
  });
});
