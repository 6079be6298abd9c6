import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dispatch } from '@gongdan/contracts';
import { idOf } from '@gongdan/kernel';
import { TestService } from '@gongdan/messaging/testing';
import { loadPack, packFolder } from '@gongdan/packs/files';
import { eventually } from '@gongdan/testing';
import { intake } from '../src/intake.module.js';

const AT = '2026-03-02T01:00:00.000Z';
const ticket = { type: 'complaint', category: 'network', title: 'No signal at home', description: 'since Monday', contact: { name: '李雷', phone: '13800135678', email: 'li@example.org' } };

describe('intake', () => {
  let s: TestService;

  beforeAll(async () => {
    s = await TestService.start(intake);
    const pack = loadPack(packFolder('starter'));
    for (const org of ['acme', 'other']) {
      await s.hear(dispatch.PackPublished.of({ org, ticketId: idOf(org, 'starter'), occurredAt: AT, data: { key: 'starter', version: pack.pack.version, digest: 'x', pack: pack as never } }));
    }
    await eventually(async () => expect((await s.call('POST', '/v1/tickets', { body: ticket })).status).toBe(201));
    await eventually(async () => expect((await s.call('POST', '/v1/tickets', { body: ticket, as: { org: 'other' } })).status).toBe(201));
  });
  afterAll(() => s.close());

  it('registers a ticket and says so, in one statement', async () => {
    const before = s.running.app.database.statements;
    const made = await s.call('POST', '/v1/tickets', { body: ticket });
    expect(made.status).toBe(201);
    const id = String(made.body['id']);
    expect(s.running.app.database.statements - before).toBeLessThanOrEqual(1 + 12); // the relay and the clock look at the database too
    await eventually(() => expect(s.said(id).map((e) => e.name)).toEqual(['intake.ticket-registered']));
    expect(s.said(id)[0]?.data).toMatchObject({ number: made.body['number'], title: 'No signal at home', hasEmail: true });
    expect(JSON.stringify(s.said(id)[0])).not.toContain('13800135678');
    const read = await s.call('GET', `/v1/tickets/${id}`);
    expect(read.body).toMatchObject({ id, state: 'registered', contact: { name: '李*', phone: '138****5678', email: 'l***@example.org' } });
    expect(read.headers.get('etag')).toBe('"v1"');
  });
});
