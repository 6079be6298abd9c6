import { Module } from '@nestjs/common';
import { REPUBLISH } from '@gongdan/contracts';
import { newId } from '@gongdan/kernel';
import { serviceConfig } from '@gongdan/platform';
import { eventually } from '@gongdan/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestService } from '../testing.js';

@Module({})
class NothingModule {}

let s: TestService;
beforeAll(async () => {
  s = await TestService.start({ name: 'sla', module: NothingModule, config: serviceConfig('sla', {}), migrations: [] });
});
afterAll(() => s.close());

describe('the operator routes of the bus', () => {
  const reason = { reason: 'the ticket was erased' };
  const routes: [string, string, object | undefined][] = [
    ['GET', '/v1/ops/bus', undefined],
    ['GET', '/v1/ops/parked', undefined],
    ['GET', '/v1/ops/parked/1', undefined],
    ['POST', '/v1/ops/parked/redrive', {}],
    ['POST', '/v1/ops/parked/1/discard', reason],
    ['POST', '/v1/ops/republish', { org: 'acme' }],
    ['POST', '/v1/ops/republish', { org: 'evil', ticketId: newId() }],
    ['PUT', '/v1/clock', { offsetMs: 0 }],
  ];

  it.each(routes)(
    '%s %s is allowed to operators of the operator’s organisation and to no caller of another',
    async (method, path, body) => {
      const call = (org: string, roles: string[]) => s.call(method, path, { as: { org, roles }, ...(body === undefined ? {} : { body }) });
      for (const roles of [['admin'], ['operator'], ['admin', 'operator']]) {
        expect((await call('evil', roles)).body).toMatchObject({ status: 403, code: 'platform/no-right' });
        expect((await call('acme', roles)).status).not.toBe(403);
      }
      expect((await call('acme', ['supervisor'])).status).toBe(403);
    },
  );

  it('the operator routes show a parked event without snake_case properties, alone with its headers and payload', async () => {
    await s.bus.publish(REPUBLISH.name, [
      { key: 'x', headers: { ce_source: '/gongdan/intake', ce_subject: 'a-ticket' }, value: Buffer.from('{"a":1}') },
    ]);
    const list = async () => (await s.call('GET', '/v1/ops/parked?limit=1')).body as unknown as Record<string, unknown>[];
    await eventually(async () => expect(await list()).toHaveLength(1));
    const [entry] = await list();
    expect(entry).toMatchObject({
      kind: 'unproven',
      code: 'messaging/unsigned',
      ticketId: null,
      subject: 'a-ticket',
      retryAt: null,
      parkedAt: expect.any(String),
    });
    const { body } = await s.call('GET', `/v1/ops/parked/${String(entry?.['id'])}`);
    expect(body).toMatchObject({ headers: { ce_subject: 'a-ticket' }, value: '{"a":1}' });
    for (const name of [...Object.keys(entry ?? {}), ...Object.keys(body)]) expect(name).not.toContain('_');
  });
});
