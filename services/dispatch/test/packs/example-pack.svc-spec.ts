import { fileURLToPath } from 'node:url';
import { type TestAnswer } from '@gongdan/messaging/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DispatchService } from '../dispatch-service.js';
import { packIn, publishWithSample, put, sampled } from '../own-packs.js';

const { json, sample } = packIn(fileURLToPath(new URL('../../../../../docs/packs-howto/lost-property/', import.meta.url)));

/** The holder rule of the approval, with what leaves the finder out of it. */
const ROLE_WITHOUT_FINDER = /("role":"duty-manager","of":"lost-desk"),"except":\{"doer":"match"\}/;

describe('the pack of docs/packs-howto.md', () => {
  let s: DispatchService;
  beforeAll(async () => {
    s = await DispatchService.start();
    await publishWithSample(s.service, json, sample);
  });
  afterAll(() => s.service.close());

  const person = (id: string) => sampled(sample, id);
  const act = (ticket: string, as: string, action: string, body: object = {}): Promise<TestAnswer> =>
    s.service.call('POST', `/v1/cases/${ticket}/actions/${action}`, { as: person(as), body });
  const lost = (category: string): Promise<string> =>
    s.ticket({
      pack: { key: 'lost-property', version: 1 },
      type: 'lost',
      category,
      channel: 'counter',
      priority: 'normal',
      unit: 'lost-desk',
    });

  it('hands a valuable item over only after the duty manager has approved', async () => {
    const ticket = await lost('electronics');
    expect((await act(ticket, 'lin', 'match', { shelf: 'A-12', valuable: true, value: 8000 })).body).toMatchObject({
      step: 'waiting',
      state: 'suspended',
    });
    expect((await act(ticket, 'lin', 'claim')).body).toMatchObject({ step: 'approving', state: 'solution_review' });
    expect((await act(ticket, 'lin', 'approve')).status).toBe(403);
    expect((await act(ticket, 'zhou', 'approve')).body).toMatchObject({ step: 'handing-over' });
    expect((await act(ticket, 'lin', 'hand-over', { identity: 'passport' })).body).toMatchObject({ step: 'returned', state: 'closed' });
  });

  it.each([
    ['its holder rule leaves', 'lost-in-pool'],
    ['each of its actions leaves', 'lost-by-action'],
  ])(
    'neither offers nor hands the approval to a duty manager who found the item himself when %s him out, nor lets him act on it or take it',
    async (_, key) => {
      const own = structuredClone(sample);
      const zhou = own.people.find((p) => p.id === 'zhou');
      if (zhou === undefined) throw new Error('the example has no zhou');
      zhou.memberships = [{ unit: 'lost-desk', roles: ['duty-manager', 'handler'] }];
      own.people.push({ ...zhou, id: 'qian', name: '钱进' });
      const pool = structuredClone(json);
      pool.pack.key = key;
      const { approve, refuse } = pool.process.actions;
      if (key === 'lost-in-pool') delete approve?.['except'];
      else {
        Object.assign(refuse ?? {}, { except: { doer: 'match' } });
        pool.process = JSON.parse(JSON.stringify(pool.process).replace(ROLE_WITHOUT_FINDER, '$1')) as typeof pool.process;
      }
      await publishWithSample(s.service, pool, own);
      const as = (id: string) => sampled(own, id);
      const ticket = await s.ticket({ pack: { key, version: 1 }, type: 'lost', category: 'electronics', channel: 'counter', priority: 'normal', unit: 'lost-desk' }); // prettier-ignore
      const by = (id: string, action: string, body: object = {}): Promise<TestAnswer> =>
        s.service.call('POST', `/v1/cases/${ticket}/actions/${action}`, { as: as(id), body });
      await by('zhou', 'match', { shelf: 'A-12', valuable: true, value: 8000 });
      const waits = (await by('zhou', 'claim')).body as { tasks: { no: number; lead: boolean; actions: string[] }[] };
      const side = waits.tasks.find((t) => !t.lead);
      expect(side?.actions).toEqual([]);
      const next = (id: string): Promise<TestAnswer> => s.service.call('POST', '/v1/queues/lost-desk/next', { as: as(id) });
      expect((await next('zhou')).body).toMatchObject({ code: 'dispatch/pool-empty' });
      for (const action of ['approve', 'take']) {
        const refused = await s.service.call('POST', `/v1/cases/${ticket}/tasks/${side?.no}/actions/${action}`, {
          as: as('zhou'),
          body: {},
        });
        expect([refused.status, refused.body['code']]).toEqual([403, 'dispatch/not-yours']);
      }
      expect((await next('qian')).body).toMatchObject({ task: side?.no });
      expect((await by('qian', 'approve')).body).toMatchObject({ step: 'handing-over' });
    },
  );

  it('hands a deputy for another unit what he may do himself, not the approval in front of it', async () => {
    const own = structuredClone(sample);
    own.people.find((p) => p.id === 'he')?.memberships.push({ unit: 'lost-desk', roles: ['handler'] });
    await publishWithSample(s.service, json, own);
    const period = { from: '2026-01-01T00:00:00.000Z', until: '2030-01-01T00:00:00.000Z' };
    await put(s.service, '/v1/directory/deputies/police', { person: 'zhou', deputy: 'he', unit: 'airport-police', ...period });
    const valuable = await lost('electronics');
    await act(valuable, 'lin', 'match', { shelf: 'A-13', valuable: true, value: 8000 });
    expect((await act(valuable, 'lin', 'claim')).body).toMatchObject({ step: 'approving' });
    const other = await lost('luggage');
    const handed = await s.service.call('POST', '/v1/queues/lost-desk/next', { as: sampled(own, 'he') });
    expect(handed.body).toMatchObject({ case: { ticketId: other, holder: 'he' } });
  });

  it('sends documents to the airport police, who search for seven days at least', async () => {
    const ticket = await lost('documents');
    expect((await s.see(ticket, person('he'))).body).toMatchObject({ step: 'searching', unit: 'airport-police' });
    expect((await act(ticket, 'he', 'give-up', { text: 'Not found' })).body).toMatchObject({ status: 409, code: 'dispatch/guard' });
  });
});
