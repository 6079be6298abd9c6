import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@gongdan/testing';
import { DispatchService } from '../dispatch-service.js';
import { processPack, publishWithSample, sampled } from '../own-packs.js';

const KEY = 'p40-clinic';
const { json, sample } = processPack(KEY);

describe('personal fields', () => {
  let s: DispatchService;
  beforeAll(async () => {
    s = await DispatchService.start();
    await publishWithSample(s.service, json, sample);
  });
  afterAll(() => s.service.close());

  const person = (id: string) => sampled(sample, id);

  it('are shown to the roles that the form names, to nobody else, and stand nowhere in the clear', async () => {
    const ticket = await s.ticket({
      pack: { key: KEY, version: json.pack.version },
      type: 'complaint',
      category: 'unclassified',
      priority: 'ordinary',
      unit: 'customer-service',
    });
    const accepted = await s.service.call('POST', `/v1/cases/${ticket}/actions/accept`, {
      as: person('p40-he'),
      body: { patientName: '李某某', medicalRecord: 'MR-40017', treatment: '注射', demand: '修复' },
    });
    expect([accepted.status, accepted.body]).toMatchObject([200, { fields: { patientName: '李某某', treatment: '注射' } }]);
    expect((await s.see(ticket, person('p40-kuang'))).body).toMatchObject({ fields: { patientName: '李某某', medicalRecord: 'MR-40017' } });
    const other = (await s.see(ticket, { id: 'root', roles: ['admin'], units: [] })).body['fields'] as Record<string, unknown>;
    expect([Object.keys(other).includes('patientName'), other['treatment']]).toEqual([false, '注射']);
    const [stored] = await s.service.running.app.database.rows('select body::text as body from cases where ticket_id = $1', [ticket]);
    expect(JSON.stringify(stored)).not.toContain('李某某');
    await eventually(() => {
      const told = s.service.emitted(ticket);
      expect(told.length).toBeGreaterThan(0);
      expect(JSON.stringify(told)).not.toContain('李某某');
    });
  });
});
