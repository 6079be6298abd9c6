import { Module } from '@nestjs/common';
import { newId } from '@gongdan/kernel';
import { serviceConfig } from '@gongdan/platform';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestService } from '../testing.js';

@Module({})
class NothingModule {}

let s: TestService;
beforeAll(async () => {
  s = await TestService.start({ name: 'sla', module: NothingModule, config: serviceConfig('sla', {}), migrations: [] });
});
afterAll(() => s.close());

describe('the doors of the bus, which shows and moves the events of all organisations', () => {
  const reason = { reason: 'nobody wants it' };
  const doors: [string, string, object | undefined][] = [
    ['GET', '/v1/ops/bus', undefined],
    ['GET', '/v1/ops/parked', undefined],
    ['GET', '/v1/ops/parked/1', undefined],
    ['POST', '/v1/ops/parked/redrive', {}],
    ['POST', '/v1/ops/parked/1/discard', reason],
    ['POST', '/v1/ops/republish', { org: 'acme' }],
    ['POST', '/v1/ops/republish', { org: 'evil', ticketId: newId() }],
    ['PUT', '/v1/clock', { offsetMs: 0 }],
  ];

  it.each(doors)('%s %s opens to the operator’s organisation, to no admin or operator of another', async (method, path, body) => {
    const knock = (org: string, roles: string[]) => s.call(method, path, { as: { org, roles }, ...(body === undefined ? {} : { body }) });
    for (const roles of [['admin'], ['operator'], ['admin', 'operator']]) {
      expect((await knock('evil', roles)).body).toMatchObject({ status: 403, code: 'platform/no-right' });
      expect((await knock('acme', roles)).status).not.toBe(403);
    }
    expect((await knock('acme', ['supervisor'])).status).toBe(403);
  });
});
