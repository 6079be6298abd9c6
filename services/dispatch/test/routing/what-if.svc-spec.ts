import { type TestAnswer, type TestPerson } from '@gongdan/messaging/testing';
import { eventually } from '@gongdan/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FaultDesk } from '../fault-desk.js';
import { type PackJson } from '../own-packs.js';

const boss: TestPerson = { id: 'boss', roles: ['supervisor'], units: [] };
const names = { 'zh-CN': '评级', en: 'Grade' };

/** A table that asks linked tickets, the priority and a field that only supervisors see. */
function asksEverything(pack: PackJson): void {
  Object.assign(pack['catalogue'] as object, {
    urgencies: ['high', 'low'],
    impacts: ['high', 'low'],
    matrix: { high: { high: 'urgent', low: 'high' }, low: { high: 'high', low: 'medium' } },
  });
  pack['routing'] = {
    tables: {
      desks: {
        rules: [
          { key: 'graded', when: { 'fields.grade': 'bad' }, holder: { unit: 'second-line' } },
          { key: 'linked', when: { 'links.incident.count': { gte: 1 } }, holder: { unit: 'second-line' } },
          { key: 'urgent', when: { 'class.priority': 'urgent' }, holder: { unit: 'second-line' } },
        ],
        fallback: { unit: 'service-desk' },
      },
    },
  };
  (pack['forms'] as Record<string, unknown>)['grading'] = {
    fields: { grade: { names, type: 'text', max: 20, required: true, roles: ['supervisor'] } },
  };
  pack.process.actions['grade'] = {
    names,
    on: 'waiting',
    by: 'unit',
    form: 'grading',
    do: [{ go: 'waiting', holder: { route: 'desks' } }],
  };
  pack.process.actions['praise'] = { names, on: 'waiting', by: 'unit', when: { 'fields.grade': 'good' }, do: [] };
}

describe('what a table says of a ticket as it is', () => {
  let desk: FaultDesk;
  beforeAll(async () => {
    desk = await FaultDesk.start('asking-desk', asksEverything);
  });
  afterAll(() => desk.close());

  const call = (method: string, path: string, as: TestPerson, body?: object): Promise<TestAnswer> =>
    desk.s.service.call(method, path, { as, ...(body === undefined ? {} : { body }) });
  const whatIf = (ticketId: string, changes: object = {}, as = boss): Promise<TestAnswer> =>
    call('POST', '/v1/routing/what-if', as, { ticketId, table: 'desks', changes });

  it('what-if hears the linked tickets as the decision does', async () => {
    const [fault, one] = [await desk.ticket('fault'), await desk.ticket('incident')];
    expect((await whatIf(fault)).body).toMatchObject({ row: { key: 'fallback' } });
    await desk.link(one, fault);
    await eventually(async () =>
      expect((await whatIf(fault)).body).toMatchObject({ row: { key: 'linked' }, holder: { unit: 'second-line' } }),
    );
  });

  it('what-if takes the priority from the matrix when the urgency or the impact is another one', async () => {
    const id = await desk.ticket('incident');
    expect((await whatIf(id, { 'class.urgency': 'high', 'class.impact': 'high' })).body).toMatchObject({ row: { key: 'urgent' } });
    expect((await whatIf(id, { 'class.urgency': 'high', 'class.impact': 'high', 'class.priority': 'low' })).body).toMatchObject({
      row: { key: 'fallback' },
    });
  });

  it.each([
    'class.categry',
    'class.categories',
    'place.erea',
    'fields.grad',
    'attributes.unknown',
    'ticket.registeredAt',
    'ticket.title2',
    'place.__proto__',
  ])('what-if refuses %s, which would change nothing', async (fact) => {
    const id = await desk.ticket('incident');
    expect((await whatIf(id, { [fact]: 'x' })).body).toMatchObject({
      status: 400,
      code: 'dispatch/unchangeable-fact',
      errors: [{ pointer: `/changes/${fact}` }],
    });
  });

  it('decisions tell a field that only some roles see to these roles only', async () => {
    const id = await desk.ticket('incident');
    const handler = desk.handler('service-desk');
    expect((await desk.act(id, 'grade', 'service-desk', { grade: 'fine' })).body).toMatchObject({ unit: 'service-desk', fields: {} });
    const seen = (as: TestPerson) =>
      Promise.all([call('GET', `/v1/cases/${id}/decisions`, as), call('GET', `/v1/cases/${id}/decisions/2`, as)]);
    for (const { status, text } of await seen(boss)) expect([status, text]).toEqual([200, expect.stringContaining('fine')]);
    for (const { status, text } of await seen(handler)) expect([status, text]).toEqual([200, expect.not.stringContaining('fine')]);
    expect((await call('GET', `/v1/cases/${id}/decisions/2`, handler)).body).toMatchObject({ replayed: true });
  });

  it('a guard that asks such a field refuses without telling its value to others', async () => {
    const id = await desk.ticket('incident');
    await desk.act(id, 'grade', 'service-desk', { grade: 'fine' });
    const { status, body } = await desk.act(id, 'praise', 'service-desk');
    expect([status, body]).toMatchObject([409, { code: 'dispatch/guard', fact: 'fields.grade' }]);
    expect(body).not.toHaveProperty('is');
    const supervisor: TestPerson = { id: 'head', roles: ['handler', 'supervisor'], units: ['service-desk'] };
    expect((await call('POST', `/v1/cases/${id}/actions/praise`, supervisor, {})).body).toMatchObject({
      code: 'dispatch/guard',
      is: 'fine',
    });
  });
});
