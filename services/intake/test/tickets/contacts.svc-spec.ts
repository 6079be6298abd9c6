import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestService } from '@gongdan/messaging/testing';
import { importDesk, MAPPING } from '../imports/import-desk.js';
import { aTicket, startIntake, starter } from '../intake-service.js';

const MAPPED = {
  ...MAPPING,
  externalKey: 'key',
  fields: {
    type: { const: 'complaint' },
    category: { const: 'network' },
    channel: { const: 'phone' },
    title: { const: 'x' },
    registeredAt: { const: '2020-05-01 10:00:00' },
    'contact.name': { column: 'name' },
    'contact.phone': { column: 'phone' },
    'contact.email': { column: 'email' },
  },
};

describe('contacts', () => {
  let s: TestService;
  let rows = 0;
  beforeAll(async () => {
    s = await startIntake({ acme: starter });
  });
  afterAll(() => s.close());
  const { run, rowsOf } = importDesk(() => s);

  const post = (contact: object) => s.call('POST', '/v1/tickets', { body: aTicket({ contact }) });
  const imported = async (name: string, phone: string, email: string) => {
    const { id } = await run(`key,name,phone,email\nC${rows++},${[name, phone, email].map((c) => `"${c}"`).join(',')}`, MAPPED);
    return (await rowsOf(id))[0];
  };

  it.each(['13800001234.0', '1.38E+10', '无', '----', '()()', '123'])('the phone %j is refused by the API and in a file', async (phone) => {
    expect((await post({ phone })).body).toMatchObject({
      status: 400,
      errors: [{ pointer: '/contact/phone', detail: 'is not a phone number' }],
    });
    expect(await imported('', phone, '')).toMatchObject({
      outcome: 'rejected',
      notes: [{ pointer: 'phone', detail: expect.stringContaining('is not a phone number') }],
    });
  });

  it.each(['13800001234', '李雷', 'li@'])('the e-mail %j is refused by the API and in a file', async (email) => {
    expect((await post({ phone: '13800001234', email })).body).toMatchObject({ status: 400, errors: [{ pointer: '/contact/email' }] });
    expect(await imported('', '13800001234', email)).toMatchObject({ outcome: 'rejected', notes: [{ pointer: 'email' }] });
  });

  it.each(['a&b@example.org', 'user/dept@example.org', 'li@xn--fsqu00a.xn--0zwm56d'])(
    'the e-mail %j is accepted by the API and in a file',
    async (email) => {
      expect((await post({ phone: '13800001234', email })).status).toBe(201);
      expect(await imported('', '13800001234', email)).toMatchObject({ outcome: 'created' });
    },
  );

  it('contacts are stored in half width, so that the public status finds the tail', async () => {
    const made = await post({ phone: '１３８ ００００ ５６７９' });
    expect(made.status).toBe(201);
    const one = (await s.call('GET', `/v1/tickets/${String(made.body['id'])}`)).body;
    expect(one['contact']).toEqual({ phone: '138****5679' });
    expect((await s.call('GET', `/v1/public/acme/tickets/${String(one['number'])}?tail=5679`, { as: null })).status).toBe(200);
    const row = (await imported('', '１３８００００５６７９', '')) as unknown as { ticketId: string };
    expect((await s.call('GET', `/v1/tickets/${row.ticketId}`)).body['contact']).toEqual({ phone: '138****5679' });
  });

  it('invalid contacts that a mapping itself names are refused when the import is announced', async () => {
    const fields = { ...MAPPED.fields, 'contact.phone': { const: '无' } };
    const answer = await s.call('POST', '/v1/imports', { body: { pack: 'starter', mapping: { ...MAPPED, fields } } });
    expect(answer.body).toMatchObject({ status: 400, code: 'packs/invalid-mapping', errors: [{ pointer: '/fields/contact.phone/const' }] });
  });

  it('masked contacts show nothing of what an earlier version stored unchecked', async () => {
    const made = await post({ phone: '13800001234' });
    const id = String(made.body['id']);
    const { Sealer } = await import('@gongdan/platform');
    const sealed = s.running.app.nest
      .get(Sealer)
      .seal(JSON.stringify({ name: '13811112222', phone: '李雷', email: '13811112222' }), `contact|acme|${id}`);
    await s.running.app.database.run('update tickets set contact_sealed = $2 where id = $1::uuid', [id, sealed]);
    expect((await s.call('GET', `/v1/tickets/${id}`)).body['contact']).toEqual({ name: '*', phone: '****', email: '***' });
  });
});
