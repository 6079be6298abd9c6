import { fileURLToPath } from 'node:url';
import { readPackFolder } from '@gongdan/packs/files';
import { type SampleDirectoryData } from '@gongdan/packs/format2';
import { type TestAnswer, type TestPerson } from '@gongdan/messaging/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DispatchService } from './dispatch-service.js';

const { json, directory } = readPackFolder(fileURLToPath(new URL('../../../../docs/packs-howto/lost-property/', import.meta.url)));
const sample = directory as SampleDirectoryData;

describe('the pack of docs/packs-howto.md', () => {
  let s: DispatchService;
  beforeAll(async () => {
    s = await DispatchService.start();
    const put = async (path: string, body: unknown): Promise<void> => {
      const answer = await s.service.call('PUT', path, { body });
      if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${answer.text}`);
    };
    await put('/v1/packs/lost-property', json);
    for (const { key, ...unit } of sample.units) await put(`/v1/directory/units/${key}`, unit);
    for (const { id, name, memberships } of sample.people) {
      await put(`/v1/directory/people/${id}`, { name });
      for (const { unit, ...membership } of memberships) await put(`/v1/directory/memberships/${id}?unit=${unit ?? ''}`, membership);
    }
  });
  afterAll(() => s.service.close());

  const person = (id: string): TestPerson => ({
    id,
    roles: [...new Set(sample.people.find((p) => p.id === id)?.memberships.flatMap((m) => m.roles))],
    units: [],
  });
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

  it('sends documents to the airport police, who search for seven days at least', async () => {
    const ticket = await lost('documents');
    expect((await s.see(ticket, person('he'))).body).toMatchObject({ step: 'searching', unit: 'airport-police' });
    expect((await act(ticket, 'he', 'give-up', { text: 'Not found' })).body).toMatchObject({ status: 409, code: 'dispatch/guard' });
  });
});
